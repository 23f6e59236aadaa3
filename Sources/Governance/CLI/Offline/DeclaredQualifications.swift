import Contract
import Model
import Placement

/// What no file says of a qualification: whether it was acknowledged. Without a service each one that is declared counts.
enum DeclaredQualifications {
  /// Whether any counts of which that is not known.
  static func areThere(in offer: Offer) -> Bool { offer.regions.contains { !$0.spec.qualifications.isEmpty } }

  /// For people, where there are any.
  static func note(on offers: Offer..., in language: Language) -> String? {
    offers.contains(where: areThere) ? text(language) : nil
  }

  static func text(_ language: Language) -> String {
    language == .fr
      ? "Qualifications : ici comptent toutes celles qui sont déclarées ; dans le service, seulement celles qui sont reconnues."
      : "Qualifications: here all that are declared count; in the service only those that are acknowledged."
  }
}
