public import Foundation
public import Model
public import Placement

/// The current offer and the policy in force as everybody may read them, in one order and one spelling: two of the same
/// meaning have the same bytes. It holds no version and no moment, and nothing that is an operator's own affair: who speaks
/// for it, its repositories, labels and marks, what agents find; of *DR* zones and of clusters that are some projects' own no
/// more than how many there are, also where the policy names them.
public struct PublicOffer: Codable, Sendable, Hashable {
  /// The version of this form, and of the sentences: it changes whenever the same offer would be written otherwise.
  public static let currentForm = 5

  /// The version of this form.
  public var form: Int
  /// In order of names.
  public var operators: [Operator]
  /// In order of names.
  public var regions: [Region]
  /// In order of slugs.
  public var zones: [Zone]
  /// In order of names.
  public var clusters: [Cluster]
  /// In order of names.
  public var chains: [Chain]
  /// From the smallest.
  public var sizes: [EnvironmentSize]
  /// Absent where none is in force: then nothing can be decided.
  public var policy: PublicPolicy?
  /// The same in sentences.
  public var summary: Summary

  /// What people read.
  public struct Summary: Codable, Sendable, Hashable {
    /// In French.
    public var fr: [String]
    /// In English.
    public var en: [String]
  }

  /// An offer and the policy in force.
  public init(_ offer: Offer, _ policy: PolicySpec?) {
    form = Self.currentForm
    operators = offer.operators.map(Operator.init)
    regions = offer.regions.map(Region.init)
    zones = offer.zones.map { zone in Zone(zone, offer.clusters.filter { $0.spec.zone == zone.name }) }
      .sorted { $0.slug < $1.slug }
    let known = Dictionary(offer.zones.map { ($0.name, $0.spec) }, uniquingKeysWith: { first, _ in first })
    clusters = offer.clusters.compactMap { cluster in
      guard let zone = known[cluster.spec.zone], cluster.spec.privacy.isPublished(in: zone.sensitivity) else {
        return nil
      }
      return Cluster(cluster, zone: zone.slug)
    }
    chains = offer.chains.map(Chain.init)
    sizes = EnvironmentSize.known
    let told = Set(clusters.map(\.name))
    self.policy = policy.map { PublicPolicy($0).withholding(allBut: told) }
    summary = Summary(fr: [], en: [])
    summary = Summary(fr: Sentences.french(self), en: Sentences.english(self))
  }

  /// A document of an earlier form, without what its policy said of what it does not tell; nil where nothing has to go.
  ///
  /// - Throws: `DecodingError`: it is not such a document.
  public static func withholding(_ bytes: Data) throws -> PublicOffer? {
    var offer = try ModelJSON.decoder.decode(PublicOffer.self, from: bytes)
    let told = Set(offer.clusters.map(\.name))
    guard offer.form < currentForm, let policy = offer.policy else { return nil }
    let bare = policy.withholding(allBut: told)
    guard bare != policy else { return nil }
    offer.policy = bare
    return offer
  }

  /// The bytes that its meaning is known by: all but the sentences, which follow from it.
  public func meaning() throws -> Data {
    var bare = self
    bare.summary = Summary(fr: [], en: [])
    return try ModelJSON.encoder.encode(bare)
  }
}

extension Array where Element: Hashable & Comparable {
  /// In order, each once.
  var arranged: [Element] { Set(self).sorted() }
}

extension Array {
  /// The same where nothing is left out of it that there is: all are meant then, as they are by an empty list.
  func orNone(of all: [Element]) -> [Element] where Element: Hashable {
    Set(self).isSuperset(of: all) ? [] : self
  }
}

extension Audience {
  /// In one order; beside all of them none is named.
  var arranged: Audience {
    Audience(
      organisations: organisations.contains("*") ? ["*"] : organisations.arranged,
      scopes: AudienceScope.allCases.filter(scopes.contains))
  }
}

extension ResourceList {
  /// The same amounts in one spelling.
  var arranged: ResourceList {
    let amounts = ResourceAmounts(self)
    var list = ResourceList()
    for resource in CountedResource.allCases where self[resource] != nil {
      list[resource] =
        switch resource {
        case .cpu: Quantity(milli: amounts.cpu)
        case .memory, .storage: Quantity(amounts[resource], format: .binarySI)
        case .gpu, .pods: Quantity(amounts[resource])
        }
    }
    return list
  }

  /// Nil where it names nothing.
  var orNothing: ResourceList? { self == ResourceList() ? nil : self }

  /// Without what a cluster has none of: it is no less said by not naming it. In a limit it is.
  var withoutNone: ResourceList {
    let amounts = ResourceAmounts(self)
    var list = self
    for resource in [CountedResource.gpu, .storage, .pods] where amounts[resource] == 0 { list[resource] = nil }
    return list
  }
}
