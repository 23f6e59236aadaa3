import Foundation
import Model
import Placement

extension Scenario {
  /// The same scenario with other names for regions and clusters, wherever they are named: references, lists,
  /// selectors, the ledger. Names that are in neither table stay.
  func renamed(_ names: [String: String]) -> Scenario {
    func new(_ name: String) -> String { names[name] ?? name }
    var scenario = self
    for index in scenario.regions.indices { scenario.regions[index].metadata.name = new(regions[index].name) }
    for index in scenario.clusters.indices { scenario.clusters[index].metadata.name = new(clusters[index].name) }
    for index in scenario.zones.indices { scenario.zones[index].spec.region = new(zones[index].spec.region) }
    for index in scenario.chains.indices { scenario.chains[index].spec.regions = chains[index].spec.regions.map(new) }
    for index in scenario.existing.indices { scenario.existing[index].cluster = new(existing[index].cluster) }
    scenario.pins = pins?.map { Pin(environment: $0.environment, replica: $0.replica, cluster: new($0.cluster)) }
    scenario.facts = facts?.map { ClusterFacts(cluster: new($0.cluster), conformity: $0.conformity) }
    scenario.ledger = Ledger(
      Dictionary(ledger.clusters.map { (new($0.key), $0.value) }, uniquingKeysWith: { first, _ in first }))
    func selector(_ selector: LabelSelector) -> LabelSelector {
      var selector = selector
      let keys = ["region.name", "cluster.name", "chain.region"]
      for key in keys { selector.matchLabels[key] = selector.matchLabels[key].map(new) }
      for index in selector.matchExpressions.indices where keys.contains(selector.matchExpressions[index].key) {
        selector.matchExpressions[index].values = selector.matchExpressions[index].values.map(new)
      }
      return selector
    }
    scenario.changeSelectors(selector)
    return scenario
  }

  /// The same scenario with other names for its environments, wherever they are named.
  func renamedEnvironments(_ names: [String: String]) -> Scenario {
    func new(_ name: String) -> String { names[name] ?? name }
    var scenario = self
    for index in project.spec.environments.indices {
      scenario.project.spec.environments[index].name = new(project.spec.environments[index].name)
    }
    for index in project.spec.spread.indices {
      scenario.project.spec.spread[index].environments = project.spec.spread[index].environments.map(new)
    }
    for index in project.spec.colocation.indices {
      scenario.project.spec.colocation[index].environments = project.spec.colocation[index].environments.map(new)
    }
    for index in existing.indices { scenario.existing[index].environment = new(existing[index].environment) }
    scenario.pins = pins?.map { Pin(environment: new($0.environment), replica: $0.replica, cluster: $0.cluster) }
    return scenario
  }

  /// Changes every selector over places and chains.
  mutating func changeSelectors(_ change: (LabelSelector) -> LabelSelector) {
    for index in policy.rules.indices {
      policy.rules[index].places = policy.rules[index].places.map(change)
      policy.rules[index].chains = policy.rules[index].chains.map(change)
    }
    for index in policy.dataClasses.indices {
      policy.dataClasses[index].requires = policy.dataClasses[index].requires.map(change)
    }
    for index in policy.capacity.indices { policy.capacity[index].places = policy.capacity[index].places.map(change) }
    project.spec.preferences.terms = project.spec.preferences.terms.map(change)
    for index in project.spec.preferences.weighted.indices {
      project.spec.preferences.weighted[index].target = change(project.spec.preferences.weighted[index].target)
    }
  }

  /// Whether a selector anywhere asks for one of the attributes.
  func mentions(_ keys: Set<String>) -> Bool {
    var found = false
    var copy = self
    copy.changeSelectors { selector in
      let named = Set(selector.matchLabels.keys).union(selector.matchExpressions.map(\.key))
      found = found || !named.isDisjoint(with: keys)
      return selector
    }
    let subjects = policy.rules.map(\.subject) + policy.limits.map(\.subject)
    return found
      || subjects.contains { subject in
        !Set(subject.matchLabels.keys).union(subject.matchExpressions.map(\.key)).isDisjoint(with: keys)
      }
  }

  /// The scenario with names of one length of which none is a part of any other text, in the same order.
  var plainlyNamed: Scenario { renamed(table { "\($0)00\($1)" }) }

  /// A table of new names: for the regions and clusters by kind and number, in the order of their names.
  func table(_ name: (String, Int) -> String) -> [String: String] {
    let regions = regions.map(\.name).sorted().enumerated().map { ($1, name("region", $0 + 10)) }
    let clusters = clusters.map(\.name).sorted().enumerated().map { ($1, name("cluster", $0 + 10)) }
    return Dictionary(regions + clusters, uniquingKeysWith: { first, _ in first })
  }
}

extension Decision {
  /// The decision with other names in every text, and the lists whose order is that of names in an order of its own.
  func renamed(_ names: [String: String]) throws -> Decision {
    var text = String(decoding: try canonicalBytes(), as: UTF8.self)
    // Through names that nothing has, so that a name may become another one's.
    for (old, _) in names { text = text.replacingOccurrences(of: old, with: "\u{1}\(old)\u{1}") }
    for (old, new) in names { text = text.replacingOccurrences(of: "\u{1}\(old)\u{1}", with: new) }
    return try ModelJSON.decoder.decode(Decision.self, from: Data(text.utf8))
  }

  /// The decision with its clusters, and the reasons of a code, sorted anew.
  var sorted: Decision {
    var decision = self
    for index in decision.environments.indices {
      decision.environments[index].candidates.sort { $0.cluster < $1.cluster }
      for candidate in decision.environments[index].candidates.indices {
        decision.environments[index].candidates[candidate].reasons.sort()
      }
    }
    return decision
  }
}
