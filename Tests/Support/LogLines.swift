public import Logging
internal import NIOConcurrencyHelpers

/// What is logged, for a test to look at.
public final class LogLines: Sendable {
  /// One line.
  public struct Line: Sendable, CustomStringConvertible {
    /// How much it matters.
    public let level: Logger.Level
    /// Its words.
    public let message: String
    /// What was told beside them, by the logger as well.
    public let metadata: Logger.Metadata

    /// The words, and what was told beside them.
    public var description: String { "\(message) \(metadata)" }
  }

  private let lines = NIOLockedValueBox<[Line]>([])

  /// No lines yet.
  public init() {}

  /// All lines so far.
  public var all: [Line] { lines.withLockedValue { $0 } }

  /// Whether a line has this in its words, or beside them.
  public func contain(_ part: String) -> Bool { all.contains { $0.description.contains(part) } }

  /// A logger whose lines of this level and above are kept here.
  public func logger(from level: Logger.Level) -> Logger {
    Logger(label: "test") { [lines] _ in LineHandler(lines: lines, logLevel: level) }
  }
}

private struct LineHandler: LogHandler {
  let lines: NIOLockedValueBox<[LogLines.Line]>
  var logLevel: Logger.Level
  var metadata: Logger.Metadata = [:]

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let line = LogLines.Line(
      level: event.level, message: "\(event.message)", metadata: metadata.merging(event.metadata ?? [:]) { $1 })
    lines.withLockedValue { $0.append(line) }
  }
}
