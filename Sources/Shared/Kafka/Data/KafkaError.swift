/// What went wrong with Kafka, classified.
public struct KafkaError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kinds of failure a caller may want to tell apart.
  public enum Code: String, Sendable, Hashable, CaseIterable {
    /// A setting is unknown, refused or has a value the client library does not take.
    case configuration
    /// The message can not be sent as it is: no key, no such partition.
    case invalidMessage
    /// The client is closed, or closed before the outcome was known.
    case closed
    /// The message was taken back by a purge.
    case purged
    /// A deadline passed.
    case timedOut
    /// No broker could be reached.
    case transport
    /// The local queue is full.
    case queueFull
    /// The message is larger than client or broker allow.
    case messageTooLarge
    /// The topic or partition does not exist.
    case unknownTopic
    /// The topic exists already.
    case topicExists
    /// The topic exists with another number of partitions than wanted.
    case partitionCount
    /// The offset is not, or no longer, in the partition.
    case offsetOutOfRange
    /// The broker refused who we are, or TLS failed.
    case authentication
    /// The broker refused what we asked to do.
    case authorization
    /// A newer producer with the same transactional id has taken over.
    case fenced
    /// The broker does not know the request.
    case unsupported
    /// Another task is already doing this.
    case busy
    /// The call does not fit the present state.
    case state
    /// Anything else; see ``KafkaError/name``.
    case other
  }

  /// The kind of failure.
  public let code: Code
  /// The client library's or the broker's own code; 0 when the failure was found on this side.
  public let rdKafkaCode: Int32
  /// The name of ``rdKafkaCode`` as librdkafka prints it, such as `_MSG_TIMED_OUT`; empty when there is none.
  public let name: String
  /// What happened. Never holds keys, payloads or secrets.
  public let message: String
  /// Whether the same call may succeed later without anybody changing anything.
  public let isRetriable: Bool
  /// Whether the client is of no more use: it must be closed and made anew.
  public let isFatal: Bool
  /// Whether the transaction under way must be aborted, after which the producer can go on.
  public let isTransactionAbortable: Bool
  /// Whether the broker may hold the message in spite of the error.
  public let mayHaveBeenWritten: Bool

  /// An error as a test double would throw it; real ones come from the library.
  public init(
    _ code: Code, _ message: String, rdKafkaCode: Int32 = 0, name: String = "", isRetriable: Bool = false,
    isFatal: Bool = false, isTransactionAbortable: Bool = false, mayHaveBeenWritten: Bool = false
  ) {
    self.code = code
    self.rdKafkaCode = rdKafkaCode
    self.name = name
    self.message = message
    self.isRetriable = isRetriable
    self.isFatal = isFatal
    self.isTransactionAbortable = isTransactionAbortable
    self.mayHaveBeenWritten = mayHaveBeenWritten
  }

  /// Code, name and message in one line.
  public var description: String {
    let label = name.isEmpty ? code.rawValue : "\(code.rawValue) (\(name))"
    return "Kafka: \(label): \(message)"
  }
}

extension KafkaError {
  static func closed(_ what: String) -> KafkaError { KafkaError(.closed, "the \(what) is closed") }

  static func deadline(_ what: String, within limit: Duration) -> KafkaError {
    KafkaError(.timedOut, "\(what) not done within \(limit)", isRetriable: true)
  }
}
