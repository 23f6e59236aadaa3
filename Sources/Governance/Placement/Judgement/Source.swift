import Model

/// Where reasons come from, as one thing that could be changed: a rule, a demand of a class, a taint, the state of
/// regions. What is asked of it is whether lifting it would help.
enum Source: Sendable, Hashable {
  /// All that have the code.
  case code(ReasonCode)
  /// The rule's number in the policy.
  case rule(Int)
  case dataClass(String)
  case qualification(String)
  case residency(String)
  case demand(String)
  case taint(Taint, onRegion: Bool)
  case service(String)
  case network(String)
  case resource(CountedResource)

  /// The source of what has a code and a cause.
  init(_ code: ReasonCode, _ cause: Barrier.Cause) {
    switch cause {
    case .dataClass(let name): self = .dataClass(name)
    case .qualification(let name, _): self = .qualification(name)
    case .residency(let source, _, _): self = .residency(source)
    case .attribute(_, let source), .demand(let source, _): self = .demand(source)
    case .rule(let number): self = .rule(number)
    case .taint(let taint, let onRegion): self = .taint(taint, onRegion: onRegion)
    case .service(let name, _): self = .service(name)
    case .network(let name): self = .network(name)
    case .resource(let resource): self = .resource(resource)
    case .site, .sensitivity, .organisation, .scope, .wish: self = .code(code)
    }
  }

  /// Sources by the positions of their codes: by what they are, and neither by where they stand in a list nor by where a
  /// dictionary has them, which is another place in each process. What is blamed is stored, and compared in another one.
  static func ordered(_ positions: [Source: Int]) -> [Source] {
    positions.sorted { ($0.value, $0.key.label, $0.key.rank) < ($1.value, $1.key.label, $1.key.rank) }.map(\.key)
  }

  /// What tells it from others of its code that have the same label: a class may demand a residency and something else.
  private var rank: Int {
    switch self {
    case .code: 0
    case .rule: 1
    case .dataClass: 2
    case .qualification: 3
    case .residency: 4
    case .demand: 5
    case .taint(let taint, _): taint.value == nil ? 6 : 7
    case .service: 8
    case .network: 9
    case .resource: 10
    }
  }

  /// What tells it from most others of its code.
  private var label: String {
    switch self {
    case .code(let code): code.rawValue
    case .rule(let number): String(1_000_000 + number)
    case .dataClass(let name), .qualification(let name), .residency(let name), .demand(let name), .service(let name),
      .network(let name):
      name
    case .taint(let taint, let onRegion): "\(taint.key)=\(taint.value ?? ""):\(taint.effect.rawValue) \(onRegion)"
    case .resource(let resource): resource.rawValue
    }
  }
}
