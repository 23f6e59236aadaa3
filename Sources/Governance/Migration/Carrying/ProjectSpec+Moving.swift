public import Foundation
public import Model

/// What a project's document becomes when a replica of one of its environments is moved: in the console neither the name nor
/// the cluster of an environment ever changes, so that another environment takes its place.
extension ProjectSpec {
  /// This, with one replica of `environment` under the name `next`: as large, of the same stage, kept apart and together as it
  /// was. What stays of the environment, and what of it was moved before, are kept apart as its replicas were.
  ///
  /// - Returns: nil where the project does not ask for `environment`.
  public func moving(_ environment: String, to next: String) -> ProjectSpec? {
    guard let place = environments.firstIndex(where: { $0.name == environment }) else { return nil }
    let moved = environments[place]
    var spec = self
    if let there = environments.firstIndex(where: { $0.name == next }) {
      spec.environments[there].replicas = environments[there].count + 1
    } else {
      var fresh = moved
      (fresh.name, fresh.consoleID, fresh.replicas) = (next, nil, moved.replicas.map { _ in 1 })
      spec.environments.insert(fresh, at: place + 1)
    }
    let isLast = moved.count == 1
    if isLast { spec.environments.remove(at: place) } else { spec.environments[place].replicas = moved.count - 1 }
    let apart = Spread.apart(environment, next, as: moved)
    spec.spread.removeAll { $0 == apart }
    spec.mention(next, beside: environment)
    if isLast { spec.forget(environment) } else { spec.spread.append(apart) }
    return spec
  }

  /// The same backwards: what was moved to `next` is a replica of `environment` again.
  ///
  /// - Parameters:
  ///   - consoleID: the identifier that the console knows `environment` by.
  ///   - isKept: whether `next` stays as well, as it is.
  /// - Returns: nil where the project does not ask for `next`.
  public func moving(
    _ next: String, backTo environment: String, consoleID: UUID?, keeping isKept: Bool = false
  ) -> ProjectSpec? {
    guard let place = environments.firstIndex(where: { $0.name == next }) else { return nil }
    let moved = environments[place]
    var spec = self
    if let there = environments.firstIndex(where: { $0.name == environment }) {
      spec.environments[there].replicas = environments[there].count + 1
    } else {
      var former = moved
      (former.name, former.consoleID, former.replicas) = (environment, consoleID, moved.replicas.map { _ in 1 })
      spec.environments.insert(former, at: place)
    }
    let isLast = moved.count == 1 && !isKept
    spec.environments.removeAll { isLast && $0.name == next }
    for index in spec.environments.indices where spec.environments[index].name == next && !isKept {
      spec.environments[index].replicas = moved.count - 1
    }
    let apart = Spread.apart(environment, next, as: moved)
    spec.spread.removeAll { $0 == apart }
    spec.mention(environment, beside: next)
    if isLast { spec.forget(next) } else { spec.spread.append(apart) }
    return spec
  }

  /// Whatever speaks of one environment speaks of the other one as well.
  private mutating func mention(_ name: String, beside other: String) {
    for index in spread.indices { spread[index].environments.mention(name, beside: other) }
    for index in colocation.indices { colocation[index].environments.mention(name, beside: other) }
  }

  /// Nothing speaks of an environment any more; what has taken its place is mentioned by then, so that no list gets empty,
  /// which would mean all environments.
  private mutating func forget(_ name: String) {
    for index in spread.indices { spread[index].environments.removeAll { $0 == name } }
    for index in colocation.indices { colocation[index].environments.removeAll { $0 == name } }
  }
}

extension ProjectSpec.Spread {
  /// What keeps two environments apart that were replicas of one.
  fileprivate static func apart(
    _ environment: String, _ next: String, as moved: ProjectSpec.Environment
  ) -> ProjectSpec.Spread {
    ProjectSpec.Spread(topology: moved.distinct ?? .dataCenter, environments: [environment, next], maxSkew: 1)
  }
}

extension ProjectSpec.Environment {
  fileprivate var count: Int { max(1, replicas ?? 1) }
}

extension [String] {
  fileprivate mutating func mention(_ name: String, beside other: String) {
    guard let place = firstIndex(of: other), !contains(name) else { return }
    insert(name, at: place + 1)
  }
}
