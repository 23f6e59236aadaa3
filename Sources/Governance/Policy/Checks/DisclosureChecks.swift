import Model
import Placement

/// What of a policy the public document does not tell, and what it tells as it is written although it names what nobody is
/// told.
struct DisclosureChecks {
  let policy: PolicySpec

  /// Selectors that name projects or data centres.
  var textual: [Finding] {
    selectors.filter { $0.selector.terms.contains { $0.namesUntold } }.map { place in
      Finding(
        .warning, .textual, .withheld, place.path,
        fr: "Le document public tait les projets et les centres de données que ce sélecteur nomme : « \(Self.mark) ».",
        en: "The public document withholds the projects and data centres that this selector names: “\(Self.mark)”.")
    }
  }

  /// Selectors and texts that name clusters of which nothing is published.
  func onOffer(_ offer: Offer) -> [Finding] {
    let disclosure = OfferDisclosure(reach: .own(operators: []), zones: OfferDisclosure.places(of: offer))
    let hidden = disclosure.hidden(of: offer)
    guard !hidden.isEmpty else { return [] }
    let named = selectors.filter { place in
      place.selector.terms.contains { $0.namesClusters && !hidden.isDisjoint(with: $0.values) }
    }
    let told = texts.filter { !hidden.isDisjoint(with: Self.words($0.text)) }
    return named.map { place in
      Finding(
        .warning, .onPresentOffer, .withheld, place.path,
        fr: "Le document public tait les clusters DR et dédiés que ce sélecteur nomme : « \(Self.mark) ».",
        en: "The public document withholds the DR and dedicated clusters that this selector names: “\(Self.mark)”.")
    }
      + told.map { place in
        Finding(
          .warning, .onPresentOffer, .publishedName, place.path,
          fr: "Le document public dit ce texte tel quel, et il nomme un cluster DR ou dédié.",
          en: "The public document tells this text as it is, and it names a DR or dedicated cluster.")
      }
  }

  private static let mark = PublicPolicy.withheld

  private var selectors: [(path: String, selector: LabelSelector)] {
    var all: [(path: String, selector: LabelSelector)] = []
    func add(_ path: String, _ selector: LabelSelector?) {
      if let selector { all.append((path, selector)) }
    }
    for (index, dataClass) in policy.dataClasses.enumerated() {
      add("spec.dataClasses[\(index)].requires", dataClass.requires)
    }
    for (index, rule) in policy.rules.enumerated() {
      add("spec.rules[\(index)].subject", rule.subject)
      add("spec.rules[\(index)].places", rule.places)
      add("spec.rules[\(index)].chains", rule.chains)
    }
    for (index, rule) in policy.capacity.enumerated() { add("spec.capacity[\(index)].places", rule.places) }
    for (index, limit) in policy.limits.enumerated() { add("spec.limits[\(index)].subject", limit.subject) }
    return all
  }

  private var texts: [(path: String, text: String)] {
    var all: [(path: String, text: String)] = []
    func add(_ path: String, _ text: LocalizedText?) {
      if let text { all.append((path, "\(text.fr) \(text.en ?? "")")) }
    }
    add("spec.title", policy.title)
    for (index, dataClass) in policy.dataClasses.enumerated() {
      all.append(("spec.dataClasses[\(index)].name", dataClass.name))
      add("spec.dataClasses[\(index)].title", dataClass.title)
    }
    for (index, rule) in policy.rules.enumerated() {
      all.append(("spec.rules[\(index)].id", rule.id))
      add("spec.rules[\(index)].title", rule.title)
      add("spec.rules[\(index)].motive", rule.motive)
    }
    for (index, rule) in policy.capacity.enumerated() { all.append(("spec.capacity[\(index)].id", rule.id)) }
    return all
  }

  /// The words of a text that may be names.
  private static func words(_ text: String) -> [String] {
    text.split { !($0.isLetter || $0.isNumber || $0 == "-") }.map(String.init)
  }
}
