public import Model

extension MigrationStep {
  /// The step in a few words, as in a table.
  public var title: LocalizedText {
    switch self {
    case .planned: LocalizedText(fr: "planifié", en: "planned")
    case .approved: LocalizedText(fr: "approuvé", en: "approved")
    case .preparingTarget: LocalizedText(fr: "arrivée en préparation", en: "preparing the target")
    case .targetReady: LocalizedText(fr: "arrivée prête", en: "target ready")
    case .firstCopy: LocalizedText(fr: "première copie faite", en: "first copy made")
    case .writesStopped: LocalizedText(fr: "écritures arrêtées", en: "writes stopped")
    case .finalCopy: LocalizedText(fr: "copie finale vérifiée", en: "final copy checked")
    case .cutOver: LocalizedText(fr: "basculé", en: "cut over")
    case .verified: LocalizedText(fr: "vérifié", en: "verified")
    case .drainingSource: LocalizedText(fr: "départ à vider", en: "draining the source")
    case .removed: LocalizedText(fr: "départ supprimé", en: "source removed")
    case .done: LocalizedText(fr: "terminé", en: "done")
    case .rollingBack: LocalizedText(fr: "retour en cours", en: "rolling back")
    case .rolledBack: LocalizedText(fr: "revenu au départ", en: "rolled back")
    case .failed: LocalizedText(fr: "abandonné", en: "given up")
    }
  }

  /// What was reached, and what follows, as a sentence.
  public var sentence: LocalizedText {
    switch self {
    case .planned:
      LocalizedText(
        fr: "Le déplacement attend l’accord de chaque partie.", en: "The move waits for every party to agree.")
    case .approved:
      LocalizedText(
        fr: "Toutes les parties sont d’accord ; il reste à le lancer.", en: "Every party has agreed; it can be started."
      )
    case .preparingTarget:
      LocalizedText(
        fr: "L’environnement d’arrivée se prépare ; rien ne change pour les usagers.",
        en: "The target is being made; nothing changes for users.")
    case .targetReady:
      LocalizedText(
        fr: "L’environnement d’arrivée est là, son quota en vigueur ; les données restent à copier.",
        en: "The target is there, its quota in force; the data is to be copied.")
    case .firstCopy:
      LocalizedText(
        fr: "Les données ont été copiées une première fois ; il reste à arrêter les écritures.",
        en: "The data was copied a first time; writes are to be stopped.")
    case .writesStopped:
      LocalizedText(
        fr: "L’application n’écrit plus ; il reste à copier la fin et à comparer.",
        en: "The application writes no more; the rest is to be copied and compared.")
    case .finalCopy:
      LocalizedText(
        fr: "Les deux côtés ont été comparés ; il reste à basculer les usagers.",
        en: "Both sides were compared; users are to be led over.")
    case .cutOver:
      LocalizedText(
        fr: "Les usagers sont à l’arrivée ; l’équipe vérifie que tout va bien.",
        en: "Users are on the target; the team checks that all is well.")
    case .verified:
      LocalizedText(
        fr: "Tout va bien à l’arrivée ; le départ est gardé le temps convenu.",
        en: "All is well on the target; the source is kept for the time agreed.")
    case .drainingSource:
      LocalizedText(
        fr: "Le départ est à vider ; il n’est supprimé que si quelqu’un tape son nom.",
        en: "The source is to be emptied; it goes only once somebody has typed its name.")
    case .removed:
      LocalizedText(
        fr: "Le départ est supprimé ; il reste à le retirer de la console.",
        en: "The source is gone; it is to be taken out of the console.")
    case .done: LocalizedText(fr: "Le déplacement est terminé.", en: "The move is done.")
    case .rollingBack:
      LocalizedText(
        fr: "Quelqu’un a fait demi-tour : le départ redevient ce qu’il était, puis l’arrivée s’en va.",
        en: "Somebody has turned back: the source becomes what it was, then the target goes.")
    case .rolledBack: LocalizedText(fr: "Tout est comme avant le déplacement.", en: "All is as it was before the move.")
    case .failed:
      LocalizedText(
        fr: "Quelqu’un a abandonné le déplacement : les deux côtés restent tels quels.",
        en: "Somebody has given the move up: both sides stay as they stand.")
    }
  }
}

extension EnvironmentMigration.Standing {
  /// How it stands, in a word or two.
  public var title: LocalizedText {
    switch self {
    case .running: LocalizedText(fr: "en cours", en: "running")
    case .blocked: LocalizedText(fr: "bloqué", en: "blocked")
    case .paused: LocalizedText(fr: "suspendu", en: "paused")
    case .ended: LocalizedText(fr: "fini", en: "ended")
    }
  }
}
