/// The whole policy of the governance board, as one document. Its version and date of effect belong to the server.
public struct PolicySpec: ResourceSpec {
  /// The kind that this is the spec of.
  public static let kind = Kind.policy

  /// A class of data, and what it demands of a region. A class demands what its parent demands, and more.
  public struct DataClass: Codable, Sendable, Hashable {
    /// Unique in the policy; projects name it.
    public var name: String
    /// The class whose demands are inherited.
    public var parent: String?
    /// What people read.
    public var title: LocalizedText?
    /// The least sensitivity of a zone that may host it. A *DR* zone hosts only classes that demand *DR*.
    public var sensitivity: Sensitivity
    /// Qualifications that the region must hold on the day.
    public var qualifications: [String]
    /// Where the data may be.
    public var residency: ProjectSpec.Residency?
    /// Further demands, on the attributes of the place.
    public var requires: LabelSelector?

    /// A class of data.
    public init(
      name: String, parent: String? = nil, title: LocalizedText? = nil, sensitivity: Sensitivity,
      qualifications: [String] = [], residency: ProjectSpec.Residency? = nil, requires: LabelSelector? = nil
    ) {
      self.name = name
      self.parent = parent
      self.title = title
      self.sensitivity = sensitivity
      self.qualifications = qualifications
      self.residency = residency
      self.requires = requires
    }
  }

  /// What a rule does.
  public enum Effect: String, Codable, Sendable, CaseIterable {
    case require
    case forbid
    case prefer
    case avoid
  }

  /// A rule: which projects, what effect, which places.
  public struct Rule: Codable, Sendable, Hashable {
    /// Unique in the policy; derogations name it.
    public var id: String
    /// What people read first.
    public var title: LocalizedText?
    /// Why the board wants it.
    public var motive: LocalizedText
    /// The projects meant, by their attributes; the empty selector means all.
    public var subject: LabelSelector
    /// What it does.
    public var effect: Effect
    /// The places meant, by attributes of region, zone and cluster. Exactly one of `places` and `chains` is given.
    public var places: LabelSelector?
    /// The chains meant, by their attributes.
    public var chains: LabelSelector?
    /// -10 to 10 and not 0 for `prefer` and `avoid`, absent for the others. `avoid` turns the sign round.
    public var weight: Int?
    /// Whether no derogation waives it.
    public var notWaivable: Bool
    /// Stages in which it holds; all where empty.
    public var stages: [String]
    /// First day it holds.
    public var validFrom: CalendarDay?
    /// Last day it holds.
    public var validUntil: CalendarDay?

    /// A rule.
    public init(
      id: String, title: LocalizedText? = nil, motive: LocalizedText, subject: LabelSelector = LabelSelector(),
      effect: Effect, places: LabelSelector? = nil, chains: LabelSelector? = nil, weight: Int? = nil,
      notWaivable: Bool = false, stages: [String] = [], validFrom: CalendarDay? = nil, validUntil: CalendarDay? = nil
    ) {
      self.id = id
      self.title = title
      self.motive = motive
      self.subject = subject
      self.effect = effect
      self.places = places
      self.chains = chains
      self.weight = weight
      self.notWaivable = notWaivable
      self.stages = stages
      self.validFrom = validFrom
      self.validUntil = validUntil
    }
  }

  /// How much of declared capacity may be promised. The first rule that matches a cluster, stage and resource holds.
  public struct CapacityRule: Codable, Sendable, Hashable {
    /// Unique in the policy.
    public var id: String
    /// The places meant; all where absent.
    public var places: LabelSelector?
    /// Stages meant; all where empty.
    public var stages: [String]
    /// Resources meant; all where empty.
    public var resources: [CountedResource]
    /// Promised ÷ declared, 0.1 to 10; 1 where absent.
    public var overcommit: Quantity?
    /// Share of declared capacity kept free, 0 to 0.9; 0 where absent.
    public var reserve: Quantity?
    /// Share by which a promise may exceed the limit, 0 to 0.5; 0 where absent.
    public var tolerance: Quantity?

    /// A capacity rule.
    public init(
      id: String, places: LabelSelector? = nil, stages: [String] = [], resources: [CountedResource] = [],
      overcommit: Quantity? = nil, reserve: Quantity? = nil, tolerance: Quantity? = nil
    ) {
      self.id = id
      self.places = places
      self.stages = stages
      self.resources = resources
      self.overcommit = overcommit
      self.reserve = reserve
      self.tolerance = tolerance
    }
  }

  /// What a project may hold in all, whatever the room there is.
  public struct ContractualLimit: Codable, Sendable, Hashable {
    /// The projects meant, by their attributes.
    public var subject: LabelSelector
    /// In stage `prod`.
    public var production: ResourceList?
    /// In all other stages together.
    public var nonProduction: ResourceList?

    /// A limit.
    public init(subject: LabelSelector, production: ResourceList? = nil, nonProduction: ResourceList? = nil) {
      self.subject = subject
      self.production = production
      self.nonProduction = nonProduction
    }
  }

  /// Weights of the parts of the score, 0 to 10 each.
  public struct Scoring: Codable, Sendable, Hashable {
    /// Even use of clusters.
    public var balance: Int?
    /// The policy's `prefer` and `avoid`, and the project's wishes.
    public var affinity: Int?
    /// Staying where it is.
    public var stickiness: Int?
    /// Environments near each other.
    public var locality: Int?

    /// Weights; the engine's defaults where absent.
    public init(balance: Int? = nil, affinity: Int? = nil, stickiness: Int? = nil, locality: Int? = nil) {
      self.balance = balance
      self.affinity = affinity
      self.stickiness = stickiness
      self.locality = locality
    }
  }

  /// How the board decides.
  public struct Governance: Codable, Sendable, Hashable {
    /// How many of the votes cast must be in favour, besides the quorum.
    public enum Majority: String, Codable, Sendable, CaseIterable {
      /// More for than against.
      case simple
      /// At least two thirds of the votes for and against.
      case twoThirds
      /// More than half of all voters.
      case absolute
    }

    /// Votes in favour that ratify a proposal, at least 1.
    public var quorum: Int
    /// How many of the votes must be in favour; `simple` unless said otherwise.
    public var majority: Majority?
    /// Days a vote stays open, 1 to 90; 15 unless said otherwise.
    public var votingDays: Int?
    /// Days an emergency restriction holds unless it is ratified, 1 to 30; 7 unless said otherwise.
    public var emergencyDays: Int?
    /// Operators that may vote; all of them where empty.
    public var voters: [String]

    /// Governance rules.
    public init(
      quorum: Int, majority: Majority? = nil, votingDays: Int? = nil, emergencyDays: Int? = nil, voters: [String] = []
    ) {
      self.quorum = quorum
      self.majority = majority
      self.votingDays = votingDays
      self.emergencyDays = emergencyDays
      self.voters = voters
    }
  }

  /// What people read first.
  public var title: LocalizedText
  /// The classes of data.
  public var dataClasses: [DataClass]
  /// Affinities and restrictions.
  public var rules: [Rule]
  /// How much may be promised.
  public var capacity: [CapacityRule]
  /// What a project may hold.
  public var limits: [ContractualLimit]
  /// Weights of the score.
  public var scoring: Scoring?
  /// How the board decides.
  public var governance: Governance?
  /// Guaranteed delay for opening a flow by hand, in days, 1 to 30; 5 unless said otherwise.
  public var flowDelayDays: Int?
  /// Seconds after which an agent that is not heard makes its clusters ineligible, 10 to 86 400; 300 unless said otherwise.
  public var heartbeatLimitSeconds: Int?
  /// Seconds after which what an agent measured of a cluster's capacity counts no more, 60 to 604 800; 3600 unless said
  /// otherwise. What is declared has no age.
  public var capacityMaxAgeSeconds: Int?
  /// Days in which what does not comply any more is to be migrated or derogated from, 1 to 365; 30 unless said otherwise.
  public var complianceDays: Int?
  /// Days before its end from which on a derogation is told to be ending, 1 to 365; 30 unless said otherwise.
  public var derogationNoticeDays: Int?

  /// A policy.
  public init(
    title: LocalizedText, dataClasses: [DataClass], rules: [Rule] = [], capacity: [CapacityRule] = [],
    limits: [ContractualLimit] = [], scoring: Scoring? = nil, governance: Governance? = nil,
    flowDelayDays: Int? = nil, heartbeatLimitSeconds: Int? = nil, capacityMaxAgeSeconds: Int? = nil,
    complianceDays: Int? = nil, derogationNoticeDays: Int? = nil
  ) {
    self.title = title
    self.dataClasses = dataClasses
    self.rules = rules
    self.capacity = capacity
    self.limits = limits
    self.scoring = scoring
    self.governance = governance
    self.flowDelayDays = flowDelayDays
    self.heartbeatLimitSeconds = heartbeatLimitSeconds
    self.capacityMaxAgeSeconds = capacityMaxAgeSeconds
    self.complianceDays = complianceDays
    self.derogationNoticeDays = derogationNoticeDays
  }
}
