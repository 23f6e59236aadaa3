public import Events
public import Model
public import Policy

/// How many environments of each size would still find a place, and where.
public struct CapacityFitsView: Codable, Sendable, Hashable {
  /// One size.
  public struct Size: Codable, Sendable, Hashable {
    /// `S`, `M`, `L` or `XL`.
    public var name: String
    /// What is reserved for each replica.
    public var quota: ResourceList
    /// How many projects find a place, one after the other.
    public var count: Int64
    /// Whether more do: projects of several replicas are counted up to 500.
    public var isMore: Bool
    /// How many clusters on offer are not for whoever asks: they are not counted, whether they take one or not.
    public var withheld: Int
    /// The clusters that take one, in the order of names.
    public var places: [FitAnswer.Place]

    /// A size.
    public init(_ answer: FitAnswer, withheld: Int) {
      name = answer.size.name
      quota = answer.size.quota
      places = answer.places
      self.withheld = withheld
      count = answer.count
      isMore = answer.isMore
    }
  }

  /// The class of their data.
  public var dataClass: String
  /// Their environment's stage.
  public var stage: String
  /// Whose they are; absent for one that nobody knows.
  public var organisation: String?
  /// Whether they are of one ministry or of several.
  public var audience: AudienceScope
  /// How many replicas each has.
  public var replicas: Int
  /// What they are kept apart by.
  public var distinct: ProjectSpec.Topology?
  /// The sizes, from the smallest.
  public var sizes: [Size]
  /// The policy that was counted under.
  public var policyVersion: Int64
  /// The moment up to which everything committed is in it, by the database's clock.
  public var asOf: Timestamp
  /// True where the database did not answer: it was so at `asOf`, and may be otherwise since. Absent otherwise.
  public var stale: Bool?

  /// An answer.
  public init(
    _ question: FitQuestion, sizes: [Size], policyVersion: Int64, asOf: Timestamp, isStale: Bool = false
  ) {
    dataClass = question.dataClass
    stage = question.stage
    organisation = question.organisation.isEmpty ? nil : question.organisation
    audience = question.audience
    replicas = question.replicas
    distinct = question.distinct
    self.sizes = sizes
    self.policyVersion = policyVersion
    self.asOf = asOf
    stale = isStale ? true : nil
  }
}
