public import Logging

/// A swift-log backend: one JSON object per line, one `write(2)` per line, safe from any number of threads.
///
/// Keys: `timestamp` (RFC 3339, UTC, milliseconds), `level`, `logger`, `message`, `source`, `error` where there is one,
/// then metadata, nested dictionaries flattened with dots; `trace_id` and `span_id` among them while a trace is
/// current.
public struct JSONLogHandler: LogHandler {
  /// The least severe level written.
  public var logLevel: Logger.Level
  /// Added to every line.
  public var metadata: Logger.Metadata = [:]
  /// Asked at each line.
  public var metadataProvider: Logger.MetadataProvider?

  private let label: String
  private let output: LogOutput
  private let clock: TelemetryClock

  /// A handler for one logger label.
  public init(
    label: String, level: Logger.Level, output: LogOutput = .standardOutput,
    metadataProvider: Logger.MetadataProvider? = .trace, clock: TelemetryClock = .system
  ) {
    self.label = label
    self.logLevel = level
    self.output = output
    self.metadataProvider = metadataProvider
    self.clock = clock
  }

  /// One of the logger's own metadata values.
  public subscript(metadataKey key: String) -> Logger.MetadataValue? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  /// The statement's own metadata wins over the provider's, and that over the logger's.
  public func log(event: LogEvent) {
    var merged = metadata
    if let provided = metadataProvider?.get() { merged.merge(provided) { _, new in new } }
    if let own = event.metadata { merged.merge(own) { _, new in new } }
    let line = JSONLogLine(
      time: clock.wall(), level: event.level, label: label, message: event.message.description,
      source: event.source, error: event.error.map { "\($0)" }, metadata: merged)
    output.write(line.render())
  }
}
