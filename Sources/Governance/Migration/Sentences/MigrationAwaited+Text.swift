public import Model

extension MigrationAwaited {
  /// What has to happen, as a sentence.
  public var sentence: LocalizedText {
    switch self {
    case .approval(let party):
      LocalizedText(fr: "Accord attendu : \(party.title.fr).", en: "To agree: \(party.title.english).")
    case .start:
      LocalizedText(
        fr: "L’organisme qui tient le service doit lancer le déplacement.",
        en: "The body that runs the service has to start the move.")
    case .place:
      LocalizedText(
        fr: "Le moteur de décision cherche une place pour l’arrivée.",
        en: "The decision engine looks for a place for the target.")
    case .agent(let side):
      LocalizedText(
        fr: "L’agent doit constater que \(side.title.fr) est ce qui est voulu.",
        en: "The agent has to see that \(side.title.english) is what is wanted.")
    case .task(let kind):
      LocalizedText(
        fr: "À faire (\(kind.owner.title.fr)) : \(kind.title.fr).",
        en: "To be done (\(kind.owner.title.english)): \(kind.title.english).")
    case .lossAcceptance:
      LocalizedText(
        fr: "L’organisme qui tient le service doit répondre de ce qui est perdu avec le départ.",
        en: "The body that runs the service has to answer for what is lost with the source.")
    case .cutOver:
      LocalizedText(
        fr: "L’organisme qui tient le service doit ordonner la bascule.",
        en: "The body that runs the service has to order the cut-over.")
    case .retention:
      LocalizedText(
        fr: "Le départ est gardé jusqu’à la fin du délai convenu.",
        en: "The source is kept until the time agreed is over.")
    case .removalConfirmation:
      LocalizedText(
        fr: "L’organisme qui tient le service doit taper le nom de l’environnement de départ pour qu’il soit supprimé.",
        en: "The body that runs the service has to type the source environment’s name for it to go.")
    case .goneDeclaration:
      LocalizedText(
        fr: "L’organisme qui tient le service doit déclarer disparu le départ perdu, que personne n’a revu.",
        en: "The body that runs the service has to declare the lost source gone, which nobody has seen again.")
    case .targetRemovalConfirmation:
      LocalizedText(
        fr: "L’organisme qui tient le service doit taper le nom de l’environnement d’arrivée pour qu’il soit supprimé.",
        en: "The body that runs the service has to type the target environment’s name for it to go.")
    }
  }
}
