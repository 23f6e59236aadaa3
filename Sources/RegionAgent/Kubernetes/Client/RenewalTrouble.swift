import Logging

/// Why files that others renew can not be used. They are read as often as calls are made or fail: what is wrong is said
/// when it is something else than before.
struct RenewalTrouble: Sendable {
  private let message: Logger.Message
  private let files: String
  private let logger: Logger
  private var last: String?

  /// Nothing is wrong yet.
  ///
  /// - Parameters:
  ///   - message: What it means.
  ///   - files: Which they are.
  ///   - logger: Told of it.
  init(_ message: Logger.Message, files: String, logger: Logger) {
    self.message = message
    self.files = files
    self.logger = logger
  }

  /// - Parameter error: Holds nothing of what must not be logged.
  mutating func note(_ error: any Error) {
    let text = "\(error)"
    guard text != last else { return }
    last = text
    logger.warning(message, metadata: ["files": "\(files)", "error": "\(text)"])
  }

  /// They could be used.
  mutating func end() { last = nil }
}
