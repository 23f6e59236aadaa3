public import Model

/// The body of `POST /api/v1/placements:query` and `POST /api/v1/placements:validate`: a project, and what is to be
/// supposed. `Subject` is a stored project's name, a Project resource or a ``ConsoleProject``.
public struct QueryBody<Subject: Codable & Sendable & Hashable>: Codable, Sendable, Hashable {
  /// The project.
  public var project: Subject
  /// The day supposed, on which qualifications, rules and derogations are looked at; today where absent.
  public var at: CalendarDay?
  /// The policy supposed; the one in force where absent.
  public var policy: Resource<PolicySpec>?
  /// What is supposed to be otherwise in the offer.
  public var offer: OfferChanges?
  /// For a validation: by environment, the cluster of each replica, by name, or by the console's label or identifier.
  public var choices: [String: [String]]?

  /// A body.
  public init(
    project: Subject, at: CalendarDay? = nil, policy: Resource<PolicySpec>? = nil, offer: OfferChanges? = nil,
    choices: [String: [String]]? = nil
  ) {
    self.project = project
    self.at = at
    self.policy = policy
    self.offer = offer
    self.choices = choices
  }
}

/// What is supposed to be otherwise in the offer: first what is declared, then what is taken away, then states and
/// capacities.
public struct OfferChanges: Codable, Sendable, Hashable {
  /// A region or cluster whose state is supposed.
  public struct StateChange: Codable, Sendable, Hashable {
    /// `Region` or `Cluster`.
    public var kind: Kind
    /// Its name.
    public var name: String
    /// The state supposed.
    public var state: RegionSpec.State

    /// A change.
    public init(kind: Kind, name: String, state: RegionSpec.State) {
      self.kind = kind
      self.name = name
      self.state = state
    }
  }

  /// A resource that is supposed not to be there.
  public struct Removal: Codable, Sendable, Hashable {
    /// The kind.
    public var kind: Kind
    /// Its name.
    public var name: String

    /// A removal.
    public init(kind: Kind, name: String) {
      self.kind = kind
      self.name = name
    }
  }

  /// A cluster whose capacity is supposed.
  public struct CapacityChange: Codable, Sendable, Hashable {
    /// The cluster's name.
    public var cluster: String
    /// What it would have. A resource that is left out stays as it is.
    public var capacity: ResourceList

    /// A change.
    public init(cluster: String, capacity: ResourceList) {
      self.cluster = cluster
      self.capacity = capacity
    }
  }

  /// Resources as they would be declared: new ones, and others in place of those of the same name.
  public var apply: [AnyResource]?
  /// What would be taken away.
  public var remove: [Removal]?
  /// What would be open, cordoned, drained or closed.
  public var states: [StateChange]?
  /// What would be larger or smaller.
  public var capacities: [CapacityChange]?

  /// Changes.
  public init(
    apply: [AnyResource]? = nil, remove: [Removal]? = nil, states: [StateChange]? = nil,
    capacities: [CapacityChange]? = nil
  ) {
    self.apply = apply
    self.remove = remove
    self.states = states
    self.capacities = capacities
  }
}
