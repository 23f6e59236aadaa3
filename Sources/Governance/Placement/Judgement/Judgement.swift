import Model

/// Every environment of a project judged against every site: as sets, with no verdict written down.
final class Judgement: Sendable {
  /// A replica that may stay on a site: what it would add there, and how good that is.
  struct Kept: Sendable {
    var site: Int
    var growth: ResourceAmounts
    var score: Int64
  }

  /// One environment.
  struct Environment: Sendable {
    var name: String
    var stage: String
    /// What is asked for, as it was written.
    var asked: ResourceAmounts
    /// What is needed of it: nothing of the resources that are lifted.
    var quota: ResourceAmounts
    var distinct: ProjectSpec.Topology
    /// The number of its stage's view.
    var view: Int
    var profile: Int
    /// By replica, where it may stay.
    var kept: [[Kept]]

    var replicas: Int { kept.count }
  }

  let subject: Subject
  let views: [StageView]
  let profiles: [Profile]
  /// Sorted by name.
  let environments: [Environment]

  /// - Parameter lifted: Sources that are left out, when asking what would help.
  init(_ subject: Subject, without lifted: Set<Source> = []) {
    self.subject = subject
    var (views, profiles, environments): ([StageView], [Profile], [Environment]) = ([], [], [])
    for environment in subject.project.environments.sorted(by: { $0.name < $1.name }) {
      let view = views.firstIndex { $0.stage == environment.stage } ?? views.count
      if view == views.count { views.append(StageView(environment.stage, of: subject, without: lifted)) }
      let asked = ResourceAmounts(environment.quota)
      var need = asked.fromZero
      for case .resource(let resource) in lifted { need[resource] = 0 }
      let profile = profiles.firstIndex { $0.stage == view && $0.need == need } ?? profiles.count
      if profile == profiles.count { profiles.append(Profile(views[view], stage: view, need: need, of: subject)) }
      let kept = (0..<environment.replicaCount).map { replica in
        subject.kept(environment.name, replica: replica, need, views[view])
      }
      environments.append(
        Environment(
          name: environment.name, stage: environment.stage, asked: asked, quota: need,
          distinct: environment.distinct ?? .dataCenter, view: view, profile: profile, kept: kept))
    }
    (self.views, self.profiles, self.environments) = (views, profiles, environments)
  }

  /// What a cluster has left for an environment.
  func room(_ environment: Int, at site: Int) -> Room {
    Room(limit: views[environments[environment].view].limits[site], committed: subject.state.committed[site])
  }

  /// The components of a replica's score that do not depend on other replicas.
  func components(_ environment: Int, at site: Int, growth: ResourceAmounts, stays: Bool) -> ScoreComponents {
    let liking = views[environments[environment].view].liking(site)
    return ScoreComponents(
      balance: room(environment, at: site).balance(after: growth), affinity: liking.affinity,
      stickiness: stays ? 1000 : 0, taints: liking.taints)
  }

  /// Where replicas of an environment may be: new ones, or ones that are there.
  func accepted(_ environment: Int) -> SiteSet {
    var sites = profiles[environments[environment].profile].open
    for kept in environments[environment].kept.joined() { sites.insert(kept.site) }
    return sites
  }

  /// Where replicas of an environment might be if there were room and all agents were heard: neither of them changes what
  /// a spread asks for.
  func eligible(_ environment: Int) -> SiteSet {
    let environment = environments[environment]
    let view = views[environment.view]
    var sites = subject.compiled.resolved.subtracting(view.lasting)
    guard !subject.request.existing.isEmpty else { return sites }
    let keeping = subject.compiled.resolved.subtracting(view.always)
    for replica in 0..<environment.replicas {
      for (site, _) in subject.existing(environment.name, replica: replica) where keeping.contains(site) {
        sites.insert(site)
      }
    }
    return sites
  }
}

extension Subject {
  /// Where a replica is and may stay. It may not grow where nothing new may come.
  fileprivate func kept(
    _ environment: String, replica: Int, _ need: ResourceAmounts, _ view: StageView
  ) -> [Judgement.Kept] {
    guard !request.existing.isEmpty else { return [] }
    return existing(environment, replica: replica).compactMap { site, held in
      let room = Room(limit: view.limits[site], committed: state.committed[site])
      let growth = need.beyond(held)
      let isBarred = growth == ResourceAmounts() ? view.always.contains(site) : view.closed.contains(site)
      guard !isBarred, room.holds(growth) else { return nil }
      let weights = compiled.weights
      let score = weights.balance * room.balance(after: growth) + view.preference[site] + weights.stickiness * 1000
      return Judgement.Kept(site: site, growth: growth, score: score)
    }
  }
}

extension ProjectSpec.Environment {
  /// At least 1; what was never validated may say anything, and is held at more than anyone may have.
  var replicaCount: Int { min(128, max(1, replicas ?? 1)) }
}
