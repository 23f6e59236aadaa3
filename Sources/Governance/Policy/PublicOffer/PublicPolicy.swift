public import Model

/// The policy in force, in one order and one spelling, with what holds where it does not say spelt out; and without the names
/// that the public is not told: see ``withheld``.
public struct PublicPolicy: Codable, Sendable, Hashable {
  /// A capacity rule.
  public struct Capacity: Codable, Sendable, Hashable {
    /// Unique in the policy.
    public var id: String
    /// The places meant; all where absent.
    public var places: LabelSelector?
    /// The stages meant; all where empty.
    public var stages: [String]
    /// The resources meant; all where empty.
    public var resources: [CountedResource]
    /// Promised ÷ declared, in thousandths.
    public var overcommit: Int64
    /// What is kept free, in thousandths of what is declared.
    public var reserve: Int64
    /// By how much a promise may exceed the limit, in thousandths.
    public var tolerance: Int64
    /// The rules that say something else of the same, and come after it.
    public var before: [String]
  }

  /// What people read first.
  public var title: LocalizedText
  /// In order of names.
  public var dataClasses: [PolicySpec.DataClass]
  /// In order of identifiers.
  public var rules: [PolicySpec.Rule]
  /// In order of identifiers: which comes first is said where it matters.
  public var capacity: [Capacity]
  /// What a project may hold in all.
  public var limits: [PolicySpec.ContractualLimit]
  /// What the parts of a score weigh.
  public var scoring: PolicySpec.Scoring
  /// How the board decides.
  public var governance: PolicySpec.Governance?
  /// Guaranteed delay for opening a flow by hand, in days.
  public var flowDelayDays: Int
  /// Seconds after which an agent that is not heard makes its clusters ineligible.
  public var heartbeatLimitSeconds: Int
  /// Seconds after which what was measured counts no more.
  public var capacityMaxAgeSeconds: Int
  /// Days for a migration or a derogation.
  public var complianceDays: Int
  /// Days by which the end of a derogation is told ahead.
  public var derogationNoticeDays: Int

  init(_ policy: PolicySpec) {
    title = policy.title
    dataClasses = policy.dataClasses.map(\.arranged).sorted { $0.name < $1.name }
    rules = policy.rules.map(\.arranged).sorted { $0.id < $1.id }
    let precedence = CapacityPrecedence(policy, beside: policy)
    capacity = policy.capacity.map { rule in
      Capacity(
        id: rule.id, places: rule.places.flatMap { $0.isEmpty ? nil : $0.arranged },
        stages: rule.stages.orNone(of: Stage.wellKnown).arranged,
        resources: CountedResource.allCases.filter(rule.resources.contains).orNone(of: CountedResource.allCases),
        overcommit: rule.overcommit?.milliValue ?? 1000, reserve: rule.reserve?.milliValue ?? 0,
        tolerance: rule.tolerance?.milliValue ?? 0, before: precedence.behind(rule.id).arranged)
    }.sorted { $0.id < $1.id }
    limits = Self.arranged(policy.limits)
    let scoring = policy.scoring
    self.scoring = PolicySpec.Scoring(
      balance: scoring?.balance ?? 1, affinity: scoring?.affinity ?? 2, stickiness: scoring?.stickiness ?? 3,
      locality: scoring?.locality ?? 0)
    governance = policy.governance?.arranged
    flowDelayDays = policy.flowDelayDays ?? 5
    heartbeatLimitSeconds = policy.heartbeatLimitSeconds ?? 300
    capacityMaxAgeSeconds = policy.capacityMaxAgeSeconds ?? 3600
    complianceDays = policy.complianceDays ?? 30
    derogationNoticeDays = policy.derogationNoticeDays ?? 30
  }

  /// All that match hold, so their order says nothing, and one that stands there twice no more than once.
  private static func arranged(_ limits: [PolicySpec.ContractualLimit]) -> [PolicySpec.ContractualLimit] {
    let arranged = limits.map { limit in
      PolicySpec.ContractualLimit(
        subject: limit.subject.arranged, production: limit.production?.arranged.orNothing,
        nonProduction: limit.nonProduction?.arranged.orNothing)
    }
    func key(_ limit: PolicySpec.ContractualLimit) -> [String] {
      [limit.subject.meaning?.fr ?? ""]
        + [limit.production, limit.nonProduction].flatMap { list in
          CountedResource.allCases.map { list?[$0]?.description ?? "" }
        }
    }
    return Set(arranged).sorted { key($0).lexicographicallyPrecedes(key($1)) }
  }
}

extension PublicPolicy {
  /// Stands in a selector for one name or several that are not told: of projects, of data centres, and of clusters that the
  /// document does not name. That there is such a rule is told, and all else that it says; its title and motive as they were
  /// written.
  public static let withheld = "…"

  /// The same without the names that are not told.
  ///
  /// - Parameter clusters: the clusters that are told. What names any other is withheld, whether there is such a cluster or
  ///   not: else it would show that there is.
  func withholding(allBut clusters: Set<String>) -> Self {
    var told = self
    for index in told.dataClasses.indices {
      told.dataClasses[index].requires = dataClasses[index].requires?.withholding(allBut: clusters)
    }
    for index in told.rules.indices {
      told.rules[index].subject = rules[index].subject.withholding(allBut: clusters)
      told.rules[index].places = rules[index].places?.withholding(allBut: clusters)
      told.rules[index].chains = rules[index].chains?.withholding(allBut: clusters)
    }
    for index in told.capacity.indices {
      told.capacity[index].places = capacity[index].places?.withholding(allBut: clusters)
    }
    for index in told.limits.indices {
      told.limits[index].subject = limits[index].subject.withholding(allBut: clusters)
    }
    told.limits = Self.arranged(told.limits)
    return told
  }
}

extension LabelSelector {
  /// The same with ``PublicPolicy/withheld`` for the names that are not told.
  fileprivate func withholding(allBut clusters: Set<String>) -> LabelSelector {
    LabelSelector(matchExpressions: terms.map { $0.withholding(allBut: clusters) }).arranged
  }

  /// The same terms, all as expressions, in order and each once.
  var arranged: LabelSelector { LabelSelector(matchExpressions: arrangedTerms) }
}

extension LabelSelector.Requirement {
  /// Whether its values are names that nobody is told who is in no role, whatever is on offer.
  var namesUntold: Bool { isList && Self.untold.contains(key) }

  private static let untold: Set<String> = [
    "project.name", "cluster.project", "region.dataCenter", "cluster.dataCenter",
  ]

  /// Whether its values are names of clusters.
  var namesClusters: Bool { isList && key == "cluster.name" }

  fileprivate func withholding(allBut clusters: Set<String>) -> Self {
    var told = self
    if namesUntold { told.values = values.map { _ in PublicPolicy.withheld } }
    if namesClusters { told.values = values.map { clusters.contains($0) ? $0 : PublicPolicy.withheld } }
    return told
  }
}

extension PolicySpec.DataClass {
  /// In one order.
  fileprivate var arranged: Self {
    var arranged = self
    arranged.qualifications = qualifications.arranged
    arranged.residency = residency.flatMap { residency in
      let lists = (residency.countries.arranged, residency.subdivisions.arranged)
      return lists.0.isEmpty && lists.1.isEmpty
        ? nil : ProjectSpec.Residency(countries: lists.0, subdivisions: lists.1)
    }
    arranged.requires = requires.flatMap { $0.isEmpty ? nil : $0.arranged }
    return arranged
  }
}

extension PolicySpec.Rule {
  /// In one order and one spelling: two that mean the same are equal.
  public var arranged: Self {
    var arranged = self
    arranged.subject = subject.arranged
    arranged.places = places?.arranged
    arranged.chains = chains?.arranged
    arranged.stages = stages.orNone(of: Stage.wellKnown).arranged
    return arranged
  }
}

extension PolicySpec.Governance {
  /// In one order, with what holds where it does not say.
  fileprivate var arranged: Self {
    Self(
      quorum: quorum, majority: majority ?? .simple, votingDays: votingDays ?? 15, emergencyDays: emergencyDays ?? 7,
      voters: voters.arranged)
  }
}
