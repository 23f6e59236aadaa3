public import Model

extension MigrationObstacle {
  /// What stands in the way, as a sentence. It is told to everybody who has a part in the move: amounts and names that
  /// are not for all of them are no part of it.
  public var sentence: LocalizedText {
    switch self {
    case .noTarget:
      LocalizedText(
        fr: "Aucun cluster n’a de place pour l’arrivée.", en: "No cluster has a place for the target.")
    case .targetIllegal:
      LocalizedText(
        fr: "La politique en vigueur n’admet plus l’arrivée là où elle est.",
        en: "The policy in force does not allow the target where it is any more.")
    case .targetNotReady(let faults):
      Self.notReady(faults)
    case .targetGone:
      LocalizedText(fr: "L’arrivée n’est plus sur son cluster.", en: "The target is gone from its cluster.")
    case .sourceGone:
      LocalizedText(
        fr: "Le départ n’est plus sur son cluster, et personne ne l’a ordonné.",
        en: "The source is gone from its cluster, and nobody has ordered it.")
    case .sourceLate:
      LocalizedText(
        fr: "Le départ n’est pas devenu à temps ce qui était ordonné.",
        en: "The source did not become in time what was ordered.")
    case .targetLate:
      LocalizedText(
        fr: "L’arrivée n’est pas devenue à temps ce qui était ordonné.",
        en: "The target did not become in time what was ordered.")
    case .overdue(let kind):
      LocalizedText(
        fr: "Le délai est passé pour : \(kind.title.fr).", en: "The time has passed to \(kind.title.english).")
    case .waiting(let act):
      LocalizedText(
        fr: "Le délai est passé pour : \(act.title.fr).", en: "The time has passed to \(act.title.english).")
    case .wayBackLosesWrites:
      LocalizedText(
        fr: "Revenir perdrait ce qui a été écrit à l’arrivée depuis la bascule.",
        en: "Going back would lose what was written on the target since the cut-over.")
    }
  }

  /// What would end it, as a sentence.
  public var remedy: LocalizedText {
    switch self {
    case .noTarget:
      LocalizedText(
        fr: "Lever une des raisons, ou faire un nouveau plan ; rien ne bouge d’ici là.",
        en: "Remove one of the reasons, or make a new plan; nothing moves until then.")
    case .targetIllegal:
      LocalizedText(
        fr: "Obtenir une dérogation notifiée, ou revenir au départ et faire un nouveau plan.",
        en: "Have a derogation notified, or roll back and make a new plan.")
    case .targetNotReady:
      LocalizedText(
        fr: "L’opérateur d’accueil corrige ces défauts ; le déplacement reprend de lui-même.",
        en: "The operator that it goes to mends these faults; the move goes on by itself.")
    case .targetGone:
      LocalizedText(
        fr: "L’opérateur d’accueil rétablit l’arrivée, ou le déplacement est annulé.",
        en: "The operator that it goes to brings the target back, or the move is rolled back.")
    case .sourceGone:
      LocalizedText(
        fr: "L’opérateur de départ le rétablit, ou l’organisme déclare sa perte et en répond.",
        en: "The operator that it leaves brings it back, or the service body declares its loss and answers for it.")
    case .sourceLate:
      LocalizedText(
        fr: "L’opérateur de départ regarde son agent, son cluster et le bus.",
        en: "The operator that it leaves looks at its agent, its cluster and the bus.")
    case .targetLate:
      LocalizedText(
        fr: "L’opérateur d’accueil regarde son agent, son cluster et le bus.",
        en: "The operator that it goes to looks at its agent, its cluster and the bus.")
    case .overdue(let kind):
      LocalizedText(
        fr: "À faire par : \(kind.owner.title.fr). Le retard ne supprime rien.",
        en: "To be done by \(kind.owner.title.english). Being late deletes nothing.")
    case .waiting(let act):
      LocalizedText(
        fr: "À faire par : \(act.owner.fr). Le retard ne supprime rien.",
        en: "To be done by \(act.owner.english). Being late deletes nothing.")
    case .wayBackLosesWrites:
      LocalizedText(
        fr: "Faire la copie inverse et en donner la preuve, ou faire accepter la perte par l’organisme.",
        en: "Make the reverse copy and give evidence of it, or have the service body accept the loss.")
    }
  }

  private static func notReady(_ faults: [String]) -> LocalizedText {
    let (fr, en) = ("L’arrivée n’est pas en état", "The target is not as it must be")
    let known = faults.compactMap { TargetFault(code: $0)?.summary }
    guard !known.isEmpty else { return LocalizedText(fr: fr + ".", en: en + ".") }
    return LocalizedText(
      fr: "\(fr) : \(known.map(\.fr).joined(separator: ", ")).",
      en: "\(en): \(known.map(\.english).joined(separator: ", ")).")
  }
}

extension LocalizedText {
  /// The English text, or the French one.
  var english: String { en ?? fr }
}
