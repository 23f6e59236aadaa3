public import Foundation

/// A project and the environments it asks for.
public struct ProjectSpec: ResourceSpec {
  /// The kind that this is the spec of.
  public static let kind = Kind.project
  /// The annotation that says how the project's team is reached: a function, a mailbox, a number. Runbooks say it.
  public static let contactAnnotation = "regie.cloud-pi-native.fr/contact"

  /// A service that a project cannot do without.
  public struct ServiceNeed: Codable, Sendable, Hashable {
    /// The service's name.
    public var name: String
    /// Constraint on its version: `16`, `>=14`, `>=1.27 <1.30`.
    public var version: String?

    /// A need.
    public init(name: String, version: String? = nil) {
      self.name = name
      self.version = version
    }
  }

  /// Where data may be. Absent lists do not restrict.
  public struct Residency: Codable, Sendable, Hashable {
    /// ISO 3166-1 countries.
    public var countries: [String]
    /// ISO 3166-2 subdivisions.
    public var subdivisions: [String]

    /// A residency.
    public init(countries: [String] = [], subdivisions: [String] = []) {
      self.countries = countries
      self.subdivisions = subdivisions
    }
  }

  /// A weighted wish.
  public struct WeightedTerm: Codable, Sendable, Hashable {
    /// -10 to 10, not 0; negative ones avoid.
    public var weight: Int
    /// The regions, zones or clusters meant, by their attributes.
    public var target: LabelSelector

    /// A wish.
    public init(weight: Int, target: LabelSelector) {
      self.weight = weight
      self.target = target
    }
  }

  /// What a project would like. Preferences never relax a restriction.
  public struct Preferences: Codable, Sendable, Hashable {
    /// Tried in order: the first that admits a full assignment holds.
    public var terms: [LabelSelector]
    /// Added to the score.
    public var weighted: [WeightedTerm]

    /// Preferences.
    public init(terms: [LabelSelector] = [], weighted: [WeightedTerm] = []) {
      self.terms = terms
      self.weighted = weighted
    }
  }

  /// What copies are kept apart by.
  public enum Topology: String, Codable, Sendable, CaseIterable {
    case cluster
    case dataCenter
    case zone
    case region
  }

  /// How environments are kept apart.
  public struct Spread: Codable, Sendable, Hashable {
    /// What a spread that can not be had means.
    public enum WhenUnsatisfiable: String, Codable, Sendable, CaseIterable {
      case doNotPlace = "DoNotPlace"
      case placeAnyway = "PlaceAnyway"
    }

    /// What to keep apart by.
    public var topology: Topology
    /// The environments meant; all of `stage` where empty.
    public var environments: [String]
    /// The stage meant; all stages where absent.
    public var stage: String?
    /// How many more replicas the fullest place may have than the emptiest one that is eligible, 1 to 128.
    public var maxSkew: Int?
    /// `DoNotPlace` unless said otherwise.
    public var whenUnsatisfiable: WhenUnsatisfiable?

    /// A spread.
    public init(
      topology: Topology, environments: [String] = [], stage: String? = nil, maxSkew: Int? = nil,
      whenUnsatisfiable: WhenUnsatisfiable? = nil
    ) {
      self.topology = topology
      self.environments = environments
      self.stage = stage
      self.maxSkew = maxSkew
      self.whenUnsatisfiable = whenUnsatisfiable
    }
  }

  /// Which environments are kept together.
  public struct Colocation: Codable, Sendable, Hashable {
    /// What they have to have in common.
    public var topology: Topology
    /// The environments meant; all of `stage` where empty.
    public var environments: [String]
    /// The stage meant; all stages where absent.
    public var stage: String?
    /// `DoNotPlace` unless said otherwise.
    public var whenUnsatisfiable: Spread.WhenUnsatisfiable?

    /// A co-location.
    public init(
      topology: Topology, environments: [String] = [], stage: String? = nil,
      whenUnsatisfiable: Spread.WhenUnsatisfiable? = nil
    ) {
      self.topology = topology
      self.environments = environments
      self.stage = stage
      self.whenUnsatisfiable = whenUnsatisfiable
    }
  }

  /// One environment: one namespace per replica.
  public struct Environment: Codable, Sendable, Hashable {
    /// `^[a-z0-9]{2,11}$`, unique in the project.
    public var name: String
    /// `dev`, `staging`, `integration` or `prod`.
    public var stage: String
    /// What is reserved for each replica.
    public var quota: ResourceList
    /// Copies in distinct places; 1 unless said otherwise, at most 8.
    public var replicas: Int?
    /// What the replicas are kept apart by; data centres unless said otherwise.
    public var distinct: Topology?
    /// The environment's identifier in the console.
    public var consoleID: UUID?

    /// An environment.
    public init(
      name: String, stage: String, quota: ResourceList, replicas: Int? = nil, distinct: Topology? = nil,
      consoleID: UUID? = nil
    ) {
      self.name = name
      self.stage = stage
      self.quota = quota
      self.replicas = replicas
      self.distinct = distinct
      self.consoleID = consoleID
    }
  }

  /// The name people know.
  public var displayName: String?
  /// The organisation's short name: `mi`, `mj`, `dinum`, …
  public var organisation: String
  /// One ministry, or several.
  public var audience: AudienceScope
  /// The kind of project, in the policy's own words.
  public var typology: String?
  /// The classes of its data; at least one.
  public var dataClasses: [String]
  /// Services it needs.
  public var services: [ServiceNeed]
  /// Networks it must reach.
  public var interconnections: [String]
  /// Where its data may be.
  public var residency: Residency?
  /// Wishes.
  public var preferences: Preferences
  /// Taints it accepts.
  public var tolerations: [Toleration]
  /// How its environments are kept apart.
  public var spread: [Spread]
  /// Which environments are kept together.
  public var colocation: [Colocation]
  /// The project's identifier in the console.
  public var consoleID: UUID?
  /// At least one.
  public var environments: [Environment]

  /// A project.
  public init(
    displayName: String? = nil, organisation: String, audience: AudienceScope, typology: String? = nil,
    dataClasses: [String], services: [ServiceNeed] = [], interconnections: [String] = [],
    residency: Residency? = nil, preferences: Preferences = Preferences(), tolerations: [Toleration] = [],
    spread: [Spread] = [], colocation: [Colocation] = [], consoleID: UUID? = nil, environments: [Environment]
  ) {
    self.displayName = displayName
    self.organisation = organisation
    self.audience = audience
    self.typology = typology
    self.dataClasses = dataClasses
    self.services = services
    self.interconnections = interconnections
    self.residency = residency
    self.preferences = preferences
    self.tolerations = tolerations
    self.spread = spread
    self.colocation = colocation
    self.consoleID = consoleID
    self.environments = environments
  }
}
