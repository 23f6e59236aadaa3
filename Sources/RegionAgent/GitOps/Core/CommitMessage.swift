internal import Foundation

/// What a commit says: to people in French and English, to programs by trailers.
enum CommitMessage {
  static func text(_ step: FolderChange.Step, of desired: DesiredPlacement) -> String {
    let title = String(desired.title.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : Character($0) })
    return """
      Régie : \(title) sur \(desired.cluster), révision \(desired.version)

      \(sentences(step))

      Regie-Placement: \(desired.id)
      Regie-Decision: \(desired.decision.uuidString.lowercased())
      Regie-Revision: \(desired.version)
      Regie-Step: \(step.rawValue)

      """
  }

  private static func sentences(_ step: FolderChange.Step) -> String {
    switch step {
    case .place: "L’état décidé est écrit.\nThe decided state is written."
    case .restore: "Ce qui avait été changé à la main est remis.\nWhat was changed by hand is put back."
    case .empty: "Retrait, premier temps : tout sauf le Namespace.\nRemoval, first step: everything but the Namespace."
    case .release: "Retrait : le Namespace n’est plus protégé.\nRemoval: the Namespace is no longer protected."
    case .remove: "Retrait, second temps : le Namespace.\nRemoval, second step: the Namespace."
    }
  }
}
