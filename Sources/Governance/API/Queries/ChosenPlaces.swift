import Contract
import Foundation
import Model
import Placement

/// The clusters that somebody would have replicas on, one by one and all together. Environments of which nothing is said are
/// left to stand where they stand, or go where it is best.
struct ChosenPlaces: Sendable {
  /// One replica's.
  struct Choice: Sendable {
    var environment: ProjectSpec.Environment
    var replica: Int
    var site: Int

    /// Whether something that is held is this replica.
    func isReplica(of held: ExistingPlacement) -> Bool {
      held.environment == environment.name && held.replica == replica
    }
  }

  /// By environment and replica.
  let choices: [Choice]

  init(choices: [Choice]) {
    self.choices = choices
  }

  /// Finds the clusters that are meant: by name, else by the console's identifier, else by its label.
  ///
  /// - Throws: ``Problem`` 422 where no environment is named, one is unknown, not every replica of one that is named has a
  ///   cluster, or a cluster is not known or not told from another one.
  init(_ named: [String: [String]], _ inquiry: Inquiry, language: Language) throws {
    let environments = inquiry.request.project.spec.environments.sorted { $0.name < $1.name }
    let known = environments.map(\.name).joined(separator: ", ")
    var problems: [FieldProblem] = named.keys.filter { name in !environments.contains { $0.name == name } }.sorted()
      .map { name in
        Self.problem(
          "not an environment of the project", "ce n’est pas un environnement du projet", at: name, found: name,
          accepted: known)
      }
    if named.isEmpty {
      problems.append(
        FieldProblem(
          path: "choices", message: "at least one environment is wanted",
          messageFR: "au moins un environnement est attendu",
          accepted: known))
    }
    var choices: [Choice] = []
    for environment in environments {
      guard let clusters = named[environment.name] else { continue }
      let wanted = environment.wantedReplicas
      guard clusters.count == wanted else {
        problems.append(
          Self.problem(
            "one cluster for each replica is wanted", "un cluster par réplique est attendu", at: environment.name,
            found: String(clusters.count), accepted: String(wanted)))
        continue
      }
      var sites: [Int] = []
      for (position, name) in clusters.enumerated() {
        let found = inquiry.sites(meantBy: name)
        guard let site = found.first, found.count == 1 else {
          problems.append(Self.notOne(name, found.map { inquiry.engine.clusters[$0] }, environment.name, position))
          continue
        }
        sites.append(site)
      }
      choices += Self.choices(of: environment, on: sites, inquiry)
    }
    guard problems.isEmpty else { throw Problem.invalid(problems, language) }
    self.choices = choices
  }

  /// Gives each replica of an environment one of the clusters: those that are on one of them already keep it, whatever the
  /// order in which they are named; the others take what is left in that order.
  private static func choices(
    of environment: ProjectSpec.Environment, on sites: [Int], _ inquiry: Inquiry
  ) -> [Choice] {
    var (left, kept): ([Int], [Int: Int]) = (sites, [:])
    // What stands comes before what goes, which may be called back.
    let held = inquiry.request.existing.filter { $0.environment == environment.name }.sorted { one, other in
      one.isGoing == other.isGoing
        ? (one.replica, one.cluster) < (other.replica, other.cluster) : other.isGoing
    }
    for home in held where kept[home.replica] == nil && sites.indices.contains(home.replica) {
      guard let site = inquiry.engine.site(named: home.cluster), let place = left.firstIndex(of: site) else { continue }
      kept[home.replica] = left.remove(at: place)
    }
    var rest = left.makeIterator()
    return sites.indices.compactMap { replica in
      (kept[replica] ?? rest.next()).map { Choice(environment: environment, replica: replica, site: $0) }
    }
  }

  private static func notOne(_ name: String, _ found: [String], _ environment: String, _ position: Int) -> FieldProblem
  {
    let isUnknown = found.isEmpty
    var problem = problem(
      isUnknown ? "the offer knows no such cluster" : "several clusters have this label",
      isUnknown ? "l’offre ne connaît pas ce cluster" : "plusieurs clusters portent ce libellé", at: environment,
      found: name, accepted: isUnknown ? nil : found.joined(separator: ", "))
    problem.path += "[\(position)]"
    return problem
  }

  private static func problem(
    _ message: String, _ messageFR: String, at environment: String, found: String, accepted: String?
  ) -> FieldProblem {
    FieldProblem(
      path: "choices[\"\(environment)\"]", message: message, messageFR: messageFR, value: found, accepted: accepted)
  }
}

extension ChosenPlaces {
  /// The choices, and those that nobody had to make: a replica of which nothing is said, and which may stay where it stands,
  /// stays there. Others are free.
  ///
  /// - Parameter explanation: what clusters say to the project.
  func withStanding(_ inquiry: Inquiry, _ explanation: Explanation) -> ChosenPlaces {
    let named = Set(choices.map(\.environment.name))
    var whole = choices
    for (number, name) in explanation.environments.enumerated() where !named.contains(name) {
      guard let environment = inquiry.request.project.spec.environments.first(where: { $0.name == name }) else {
        continue
      }
      for replica in 0..<environment.wantedReplicas {
        let homes = present(name, replica, inquiry)
        guard homes.count == 1, let site = inquiry.engine.site(named: homes[0]),
          explanation.verdict(number, site: site).accepted
        else { continue }
        whole.append(Choice(environment: environment, replica: replica, site: site))
      }
    }
    return ChosenPlaces(choices: whole)
  }

  /// Whether every replica of the project has its place by these.
  func isComplete(_ inquiry: Inquiry) -> Bool {
    choices.count == inquiry.request.project.spec.environments.reduce(0) { $0 + $1.wantedReplicas }
  }

  /// The request with every replica that is spoken of where it is chosen to be, holding no more than it holds there already: the
  /// engine then gives up as few of the choices as can be. What is there by choice alone is bound by spreads like any new
  /// place. What is held beside still counts for the contract, and so does what would be moved.
  func anchored(_ inquiry: Inquiry) -> DecisionRequest {
    var request = inquiry.request
    request.keepExisting = true
    let held = inquiry.request.existing
    let asked = held.filter { held in choices.contains { $0.isReplica(of: held) } }
    request.leaves = asked.filter { held in
      !held.isGoing && choices.contains { $0.isReplica(of: held) && self.held($0, inquiry) == nil }
    }
    request.existing =
      held.filter { !asked.contains($0) }
      + choices.map { choice in
        self.held(choice, inquiry)
          ?? ExistingPlacement(
            environment: choice.environment.name, replica: choice.replica,
            cluster: inquiry.engine.clusters[choice.site], stage: choice.environment.stage, quota: ResourceAmounts(),
            isWish: true)
      }
    return request
  }

  /// The same where none of the choices may be given up: there is one way only for what is chosen, and nearly nothing to search.
  func bound(_ inquiry: Inquiry) -> DecisionRequest {
    var request = anchored(inquiry)
    request.pins = pins(inquiry)
    return request
  }

  /// The choices as the engine takes them.
  func pins(_ inquiry: Inquiry) -> [Pin] {
    choices.map { choice in
      Pin(
        environment: choice.environment.name, replica: choice.replica, cluster: inquiry.engine.clusters[choice.site])
    }
  }

  /// The clusters where a replica is now, by name; not those where its removal was decided.
  func present(_ environment: String, _ replica: Int, _ inquiry: Inquiry) -> [String] {
    inquiry.request.existing.filter { $0.environment == environment && $0.replica == replica && !$0.isGoing }
      .map(\.cluster).sorted()
  }

  /// What is held of a replica where it is chosen to be.
  func held(_ choice: Choice, _ inquiry: Inquiry) -> ExistingPlacement? {
    let cluster = inquiry.engine.clusters[choice.site]
    return inquiry.request.existing.first { choice.isReplica(of: $0) && $0.cluster == cluster }
  }
}

extension ProjectSpec.Environment {
  /// How many clusters it takes. What was never checked may say anything.
  fileprivate var wantedReplicas: Int { max(1, replicas ?? 1) }
}

extension Inquiry {
  /// The clusters that a name, identifier or label stands for.
  fileprivate func sites(meantBy text: String) -> [Int] {
    if let site = engine.site(named: text) { return [site] }
    let clusters = engine.offer.clusters
    if let id = UUID(uuidString: text) { return clusters.indices.filter { clusters[$0].spec.console?.id == id } }
    return clusters.indices.filter { clusters[$0].spec.console?.label == text }
  }
}
