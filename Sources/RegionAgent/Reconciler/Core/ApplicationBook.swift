internal import Foundation

/// Which placement has which Application, and why Argo CD can not be asked now.
struct ApplicationBook: Sendable {
  /// Why nothing is known of any Application.
  struct Trouble: Sendable, Hashable {
    var reason: String
    var message: String
  }

  let pattern: ApplicationPattern
  /// Whether the Applications were listed once.
  var isListed = false
  var trouble: Trouble?
  private var names: [UUID: String] = [:]
  private var placements: [String: Set<UUID>] = [:]

  init(pattern: ApplicationPattern) {
    self.pattern = pattern
  }

  /// Notes a placement; it has one name at a time.
  mutating func note(_ placement: UUID, cluster: String, namespace: String) {
    let name = pattern.name(of: placement, cluster: cluster, namespace: namespace)
    guard names[placement] != name else { return }
    forget(placement)
    names[placement] = name
    placements[name, default: []].insert(placement)
  }

  /// Notes a placement no more.
  mutating func forget(_ placement: UUID) {
    guard let name = names.removeValue(forKey: placement) else { return }
    placements[name]?.remove(placement)
    if placements[name]?.isEmpty == true { placements[name] = nil }
  }

  /// All that are noted, in a fixed order.
  var all: [UUID] { Self.sorted(names.keys) }

  /// Those whose Application has this name, in a fixed order.
  func placements(of name: String) -> [UUID] { Self.sorted(placements[name] ?? []) }

  /// What is known of a placement's Application.
  ///
  /// - Parameter status: what the Application of a name says; nil where there is none.
  func sighting(of placement: UUID, _ status: (String) -> ApplicationStatus?) -> ApplicationSighting {
    if let trouble { return .unavailable(reason: trouble.reason, message: trouble.message) }
    guard isListed, let name = names[placement] else { return .unread }
    return status(name).map { .seen($0) } ?? .missing(name)
  }

  private static func sorted(_ placements: some Sequence<UUID>) -> [UUID] {
    placements.sorted { $0.uuidString < $1.uuidString }
  }
}
