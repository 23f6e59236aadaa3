public import Model

extension MigrationParty {
  /// Who it is, within a sentence.
  public var title: LocalizedText {
    switch self {
    case .projectTeam: LocalizedText(fr: "l’équipe du projet", en: "the project’s team")
    case .sourceOperator: LocalizedText(fr: "l’opérateur de départ", en: "the operator that it leaves")
    case .targetOperator: LocalizedText(fr: "l’opérateur d’accueil", en: "the operator that it goes to")
    case .serviceBody: LocalizedText(fr: "l’organisme qui tient le service", en: "the body that runs the service")
    }
  }
}

extension MigrationSide {
  /// Which copy it is, within a sentence.
  public var title: LocalizedText {
    switch self {
    case .source: LocalizedText(fr: "l’environnement de départ", en: "the source environment")
    case .target: LocalizedText(fr: "l’environnement d’arrivée", en: "the target environment")
    }
  }
}

extension MoveMotive {
  /// The motive, within a sentence.
  public var title: LocalizedText {
    switch self {
    case .finding: LocalizedText(fr: "non-conformité là où il est", en: "it does not comply where it is")
    case .departure: LocalizedText(fr: "départ d’un opérateur ou d’une région", en: "an operator or a region leaves")
    case .capacity: LocalizedText(fr: "cluster trop plein", en: "a cluster is too full")
    case .wish: LocalizedText(fr: "souhait du projet", en: "the project asks for it")
    case .disaster: LocalizedText(fr: "perte du lieu", en: "the place is lost")
    }
  }
}

extension BlockedMove.Cause {
  /// What holds it, as a sentence.
  public var sentence: LocalizedText {
    switch self {
    case .refused:
      LocalizedText(
        fr: "Aucun cluster ne l’accepte, quelle que soit la place.",
        en: "No cluster takes it, however much room there were.")
    case .crowded:
      LocalizedText(
        fr: "La place manque à côté de ce qui est là et de ce qui bouge aussi.",
        en: "There is no room beside what is there and what else is moved.")
    case .together:
      LocalizedText(
        fr: "Il n’a pas de place avec le reste de son projet.",
        en: "It has no place together with the rest of its project.")
    case .order:
      LocalizedText(
        fr: "La place suffit à la fin, mais jamais au moment où il la faut.",
        en: "There is room in the end, but never when it is needed.")
    case .dependency:
      LocalizedText(fr: "Ce qu’il attend ne peut être déplacé.", en: "What it waits for can not be moved.")
    case .days:
      LocalizedText(fr: "Les jours du plan sont passés avant.", en: "The days of the plan are over before.")
    case .notAsked:
      LocalizedText(fr: "Le projet ne le demande plus.", en: "The project does not ask for it any more.")
    case .noDocument:
      LocalizedText(
        fr: "Aucun document ne dit ce que son projet demande.",
        en: "No document says what its project asks for.")
    case .moving:
      LocalizedText(
        fr: "Un déplacement qui le concerne est en cours, ou l’a laissé derrière lui.",
        en: "A move that it has a part in is under way, or has left it behind.")
    case .reserved:
      LocalizedText(
        fr: "Il n’est que réservé : il n’y a encore rien à déplacer.",
        en: "It is only reserved: there is nothing to be moved yet.")
    }
  }
}
