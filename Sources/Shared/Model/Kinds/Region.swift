/// An autonomous region: one operator, several data centres.
public struct RegionSpec: ResourceSpec {
  /// The kind that this is the spec of.
  public static let kind = Kind.region

  /// Where a region is.
  public struct Location: Codable, Sendable, Hashable {
    /// ISO 3166-1 alpha-2 (`FR`).
    public var country: String
    /// ISO 3166-2 (`FR-IDF`).
    public var subdivision: String?
    /// The city.
    public var city: String?

    /// A location.
    public init(country: String, subdivision: String? = nil, city: String? = nil) {
      self.country = country
      self.subdivision = subdivision
      self.city = city
    }
  }

  /// A building with its own power and network.
  public struct DataCenter: Codable, Sendable, Hashable {
    /// Unique in the region; a DNS label.
    public var name: String
    /// Where it is, if not where the region is.
    public var city: String?

    /// A data centre.
    public init(name: String, city: String? = nil) {
      self.name = name
      self.city = city
    }
  }

  /// What a qualification is proved by.
  public struct Evidence: Codable, Sendable, Hashable {
    /// A reference (`décision ANSSI 2026-12`) or an address.
    public var reference: String
    /// SHA-256 of the document, hexadecimal.
    public var digest: String?

    /// Evidence.
    public init(reference: String, digest: String? = nil) {
      self.reference = reference
      self.digest = digest
    }
  }

  /// A qualification held for a period, both days included; without a last day it holds until withdrawn.
  public struct Qualification: Codable, Sendable, Hashable {
    /// `SecNumCloud`, `HDS`, …
    public var name: String
    /// First day of validity.
    public var validFrom: CalendarDay?
    /// Last day of validity.
    public var validUntil: CalendarDay?
    /// What it is proved by; no decision looks at it.
    public var evidence: Evidence?

    /// A qualification.
    public init(
      name: String, validFrom: CalendarDay? = nil, validUntil: CalendarDay? = nil, evidence: Evidence? = nil
    ) {
      self.name = name
      self.validFrom = validFrom
      self.validUntil = validUntil
      self.evidence = evidence
    }

    /// The same without what it is proved by, as decisions and everybody see it.
    public var bare: Self { Self(name: name, validFrom: validFrom, validUntil: validUntil) }

    /// Whether it holds on `day`.
    public func isValid(on day: CalendarDay) -> Bool {
      if let validFrom, day < validFrom { return false }
      if let validUntil, day > validUntil { return false }
      return true
    }
  }

  /// A service on offer.
  public struct Service: Codable, Sendable, Hashable {
    /// `s3`, `gpu`, `postgresql`, …
    public var name: String
    /// Version on offer, dotted numbers (`16`, `1.29.3`).
    public var version: String?

    /// A service.
    public init(name: String, version: String? = nil) {
      self.name = name
      self.version = version
    }
  }

  /// Whether a region takes placements.
  public enum State: String, Codable, Sendable, CaseIterable {
    /// Takes new placements.
    case open
    /// Takes nothing new, keeps what it has.
    case cordoned
    /// Takes nothing new; what it has is to move away.
    case draining
    /// Hosts nothing.
    case closed
  }

  /// The operator's name.
  public var `operator`: String
  /// The name people know.
  public var displayName: String?
  /// Where it is.
  public var location: Location
  /// At least one.
  public var dataCenters: [DataCenter]
  /// Qualifications with their periods.
  public var qualifications: [Qualification]
  /// Services on offer.
  public var services: [Service]
  /// Networks it can reach: `RIE`, `Internet`, or named systems.
  public var interconnections: [String]
  /// Who may use it.
  public var audience: Audience
  /// Whether it takes placements.
  public var state: State
  /// Marks that keep placements away.
  public var taints: [Taint]

  /// A region.
  public init(
    operator: String, displayName: String? = nil, location: Location, dataCenters: [DataCenter],
    qualifications: [Qualification] = [], services: [Service] = [], interconnections: [String] = [],
    audience: Audience, state: State = .open, taints: [Taint] = []
  ) {
    self.operator = `operator`
    self.displayName = displayName
    self.location = location
    self.dataCenters = dataCenters
    self.qualifications = qualifications
    self.services = services
    self.interconnections = interconnections
    self.audience = audience
    self.state = state
    self.taints = taints
  }
}
