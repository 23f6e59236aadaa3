/// How one kind of value reads, prints, and stands in after an error.
struct EnvironmentKind<Value> {
  let accepts: String
  let standIn: Value
  let parse: (String) -> Value?
  let format: (Value) -> String

  func optional(_ reader: inout EnvironmentReader, _ name: String, _ documentation: String) -> Value? {
    reader.optionalParsed(name, accepts: accepts, documentation, parse: parse)
  }

  func required(_ reader: inout EnvironmentReader, _ name: String, _ documentation: String) -> Value {
    reader.parsed(name, standIn: standIn, accepts: accepts, documentation, parse: parse)
  }

  func read(
    _ reader: inout EnvironmentReader, _ name: String, default standard: Value, _ documentation: String
  ) -> Value {
    reader.parsed(
      name, default: standard, defaultText: format(standard), accepts: accepts, documentation, parse: parse)
  }
}

extension EnvironmentKind {
  static func string() -> EnvironmentKind<String> {
    .init(accepts: "a text", standIn: "", parse: { $0 }, format: { $0 })
  }

  static func integer(_ range: ClosedRange<Int>) -> EnvironmentKind<Int> {
    .init(
      accepts: "an integer from \(range.lowerBound) to \(range.upperBound)", standIn: range.lowerBound,
      parse: { Int($0).flatMap { range.contains($0) ? $0 : nil } }, format: { "\($0)" })
  }

  static func boolean() -> EnvironmentKind<Bool> {
    .init(
      accepts: "true or false", standIn: false,
      parse: { ["true": true, "1": true, "false": false, "0": false][$0.lowercased()] }, format: { "\($0)" })
  }

  static func duration(_ range: ClosedRange<Duration>) -> EnvironmentKind<Duration> {
    let (low, high) = (DurationText.format(range.lowerBound), DurationText.format(range.upperBound))
    return .init(
      accepts: "\(DurationText.accepted), from \(low) to \(high)", standIn: range.lowerBound,
      parse: { DurationText.parse($0).flatMap { range.contains($0) ? $0 : nil } }, format: DurationText.format)
  }

  static func list() -> EnvironmentKind<[String]> {
    .init(
      accepts: "texts separated by commas, none of them empty", standIn: [], parse: parseList,
      format: { $0.isEmpty ? "none" : $0.joined(separator: ",") })
  }

  static func choice<Choice: RawRepresentable & CaseIterable>(_: Choice.Type, standIn: Choice)
    -> EnvironmentKind<Choice> where Choice.RawValue == String
  {
    .init(
      accepts: "one of " + Choice.allCases.map(\.rawValue).joined(separator: ", "), standIn: standIn,
      parse: { Choice(rawValue: $0) }, format: { $0.rawValue })
  }

  static func listenAddress() -> EnvironmentKind<ListenAddress> {
    let ports = EnvironmentReader.unprivilegedPorts
    return .init(
      accepts: "host:port such as 127.0.0.1:8080 or [::1]:8080, port \(ports.lowerBound) to \(ports.upperBound)",
      standIn: ListenAddress(host: "localhost", port: ports.lowerBound), parse: { ListenAddress(parsing: $0) },
      format: { "\($0)" })
  }

  private static func parseList(_ text: String) -> [String]? {
    let items = text.split(separator: ",", omittingEmptySubsequences: false).map { item in
      String(item.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
    return items.contains("") ? nil : items
  }
}
