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

  /// What tells it from others, as long as they come from reasons of one code.
  var label: String {
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
