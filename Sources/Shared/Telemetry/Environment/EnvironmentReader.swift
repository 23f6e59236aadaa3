#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// Typed reading of environment variables that notes every variable it is asked for and every error it meets.
///
/// A program describes its settings once, as a function over a reader; the same function then reads them
/// (``read(environment:_:)``) and documents them (``variables(_:)``). A variable set to the empty text is unset, as
/// manifests that leave a value blank mean it.
public struct EnvironmentReader {
  /// Ports a process without privileges may listen on.
  public static let unprivilegedPorts = 1024...65535

  let environment: [String: String]
  private var readVariables: [EnvironmentVariable] = []
  private var errors: [EnvironmentError] = []

  init(environment: [String: String]) {
    self.environment = environment
  }

  /// Reads settings; after an error `body` goes on with stand-in values, which never leave this function.
  ///
  /// - Parameter environment: the process's own unless given.
  /// - Throws: ``EnvironmentErrors`` with everything that is wrong.
  public static func read<Settings>(
    environment: [String: String] = ProcessInfo.processInfo.environment,
    _ body: (inout EnvironmentReader) -> Settings
  ) throws(EnvironmentErrors) -> Settings {
    var reader = EnvironmentReader(environment: environment)
    let settings = body(&reader)
    guard reader.errors.isEmpty else { throw EnvironmentErrors(errors: reader.errors) }
    return settings
  }

  /// The variables that `body` reads when none is set.
  public static func variables<Settings>(_ body: (inout EnvironmentReader) -> Settings) -> [EnvironmentVariable] {
    var reader = EnvironmentReader(environment: [:])
    _ = body(&reader)
    return reader.readVariables
  }

  /// Set variables that start with `prefix` and that nothing has asked for so far: most likely misspelt. To be warned of,
  /// not refused. Those that Kubernetes itself sets for each Service of a namespace, whatever it is called, are not told.
  public func unknownVariables(prefix: String) -> [String] {
    let known = Set(readVariables.map(\.name))
    return environment.keys.filter { $0.hasPrefix(prefix) && !known.contains($0) && !Self.isOfService($0) }.sorted()
  }

  /// `SERVICE_SERVICE_HOST`, `SERVICE_SERVICE_PORT_HTTP`, `SERVICE_PORT`, `SERVICE_PORT_8080_TCP_ADDR` and their like.
  private static func isOfService(_ name: String) -> Bool {
    name.hasSuffix("_SERVICE_HOST") || name.contains("_SERVICE_PORT") || name.hasSuffix("_PORT")
      || name.contains(/_PORT_[0-9]+_(TCP|UDP|SCTP)/)
  }

  /// Any value of one's own, or `nil` if the variable is not set or wrong.
  ///
  /// - Parameters:
  ///   - accepts: what would be accepted, for errors and documentation.
  ///   - parse: the value, or `nil` if `text` is not acceptable.
  public mutating func optionalParsed<Value>(
    _ name: String, accepts: String, _ documentation: String, parse: (_ text: String) -> Value?
  ) -> Value? {
    note(name, accepts, nil, isRequired: false, documentation)
    return value(name, accepts, parse)
  }

  /// Any value of one's own, with a default; `defaultText` is what documentation shows for it.
  public mutating func parsed<Value>(
    _ name: String, default standard: Value, defaultText: String, accepts: String, _ documentation: String,
    parse: (_ text: String) -> Value?
  ) -> Value {
    note(name, accepts, defaultText, isRequired: false, documentation)
    return value(name, accepts, parse) ?? standard
  }

  /// Any value of one's own that must be set; `standIn` lets reading go on after the error is noted.
  public mutating func parsed<Value>(
    _ name: String, standIn: Value, accepts: String, _ documentation: String, parse: (_ text: String) -> Value?
  ) -> Value {
    note(name, accepts, nil, isRequired: true, documentation)
    guard text(name) != nil else {
      fail(name, found: "nothing", accepts)
      return standIn
    }
    return value(name, accepts, parse) ?? standIn
  }

  mutating func note(
    _ name: String, _ accepts: String, _ defaultText: String?, isRequired: Bool, _ documentation: String
  ) {
    readVariables.append(
      EnvironmentVariable(
        name: name, accepted: accepts, defaultText: defaultText, isRequired: isRequired,
        documentation: documentation))
  }

  mutating func fail(_ name: String, found: String, _ accepted: String) {
    errors.append(EnvironmentError(variable: name, found: found, accepted: accepted))
  }

  func text(_ name: String) -> String? {
    environment[name].flatMap { $0.isEmpty ? nil : $0 }
  }

  private mutating func value<Value>(_ name: String, _ accepts: String, _ parse: (String) -> Value?) -> Value? {
    guard let text = text(name) else { return nil }
    if let value = parse(text) { return value }
    fail(name, found: "'\(Self.withoutPassword(text))'", accepts)
    return nil
  }

  /// A text as it may be told: without what stands before the last `@` of an address, which may be a password. That is
  /// looked for in the text itself, since what is refused may be no address that could be taken apart.
  private static func withoutPassword(_ text: String) -> String {
    guard let end = text.lastIndex(of: "@") else { return text }
    let before = text[..<end]
    let start = before.firstRange(of: "://")?.upperBound
    guard start != nil || before.contains(":") else { return text }
    return "\(text[..<(start ?? text.startIndex)])…\(text[end...])"
  }
}
