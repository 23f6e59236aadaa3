public import Model

extension MigrationRefusal.Code {
  /// What is refused and why, whatever it is about.
  public var sentence: LocalizedText {
    switch self {
    case .notYours:
      LocalizedText(
        fr: "Vous n’agissez pas au nom de la partie à qui revient cet acte.",
        en: "You do not act for the party whose act this is.")
    case .wrongStep:
      LocalizedText(
        fr: "Le déplacement n’en est pas à l’étape où cela se fait.",
        en: "The move is not at the step at which this is done.")
    case .paused: LocalizedText(fr: "Le déplacement est suspendu.", en: "The move is paused.")
    case .blocked: LocalizedText(fr: "Un obstacle empêche d’avancer.", en: "Something stands in the way.")
    case .planMoved:
      LocalizedText(
        fr: "Ce sur quoi le plan reposait a changé.", en: "What the plan was judged on has changed.")
    case .notOpen: LocalizedText(fr: "La tâche n’est pas à faire maintenant.", en: "The task is not to be done now.")
    case .badText:
      LocalizedText(
        fr: "Un texte est vide, trop long, ou contient des caractères de contrôle.",
        en: "A text is empty, too long, or has control characters.")
    case .badNumber:
      LocalizedText(fr: "Un nombre ou un jour est hors des bornes.", en: "A number or a day is out of its range.")
    case .wrongName:
      LocalizedText(
        fr: "Le nom tapé n’est pas celui de l’environnement.",
        en: "The name that was typed is not the environment’s.")
    case .notDone:
      LocalizedText(
        fr: "Ce qui doit être fait avant ne l’est pas.", en: "Something that has to be done before was not.")
    case .blackout:
      LocalizedText(
        fr: "L’application est à laisser en paix ces jours-ci.", en: "The application is to be left alone these days.")
    case .noWayBack:
      LocalizedText(
        fr: "D’ici on ne revient plus : seul un nouveau déplacement ramène.",
        en: "There is no way back from here: only a new move leads back.")
    }
  }
}

extension MigrationRefusal {
  /// Why it is refused, and what would be accepted, in sentences.
  public var sentence: LocalizedText {
    let parts = [code.sentence, matter, wanted].compactMap(\.self)
    return LocalizedText(
      fr: parts.map(\.fr).joined(separator: " "), en: parts.map(\.english).joined(separator: " "))
  }

  /// What it is about.
  private var matter: LocalizedText? {
    switch code {
    case .planMoved: return LocalizedText(fr: "Changé : \(path).", en: "Changed: \(path).")
    case .badText, .badNumber: return LocalizedText(fr: "En cause : \(path).", en: "At fault: \(path).")
    case .wrongStep, .noWayBack:
      return MigrationStep(rawValue: path).map {
        LocalizedText(fr: "Étape : \($0.title.fr).", en: "Step: \($0.title.english).")
      }
    case .notYours, .paused, .blocked, .notOpen, .wrongName, .notDone, .blackout: return nil
    }
  }

  /// What would be accepted: what the rules say in words of a program, said in words of people.
  private var wanted: LocalizedText? {
    switch code {
    case .notYours:
      let parties = named(MigrationParty.init(rawValue:)).map(\.title)
      return Self.listed(parties, "Le peuvent", "These may")
    case .notOpen:
      let open = named(MigrationTask.Kind.init(rawValue:)).map(\.title)
      return open.isEmpty
        ? LocalizedText(fr: "Aucune ne l’est.", en: "None is.") : Self.listed(open, "Sont à faire", "To be done are")
    case .badText, .badNumber, .blackout:
      return LocalizedText(fr: "Accepté : \(accepted).", en: "Accepted: \(accepted).")
    case .wrongName: return LocalizedText(fr: "Il s’appelle « \(accepted) ».", en: "It is called “\(accepted)”.")
    case .wrongStep, .paused, .blocked, .planMoved, .notDone, .noWayBack:
      let task = accepted.hasPrefix("done ") ? String(accepted.dropFirst("done ".count)) : accepted
      let title =
        Self.phrases[accepted] ?? MigrationStep(rawValue: accepted)?.title
        ?? MigrationTask.Kind(rawValue: task)?.title
      return title.flatMap { Self.listed([$0], "Il faut", "Wanted") }
    }
  }

  private func named<Value>(_ value: (String) -> Value?) -> [Value] {
    accepted.split(separator: ", ").compactMap { value(String($0)) }
  }

  private static func listed(_ texts: [LocalizedText], _ fr: String, _ en: String) -> LocalizedText {
    LocalizedText(
      fr: "\(fr) : \(texts.map(\.fr).joined(separator: ", ")).",
      en: "\(en): \(texts.map(\.english).joined(separator: ", ")).")
  }

  /// What the machine of a move accepts, where it is neither a step, nor a task, nor a name.
  static let phrases: [String: LocalizedText] = [
    "another migration": LocalizedText(fr: "un autre déplacement", en: "another move"),
    "a new plan": LocalizedText(fr: "un nouveau plan", en: "a new plan"),
    "a new migration back": LocalizedText(fr: "un nouveau déplacement en sens inverse", en: "a new move back"),
    "resume": LocalizedText(fr: "le reprendre d’abord (resume)", en: "that it goes on first (resume)"),
    "pause": LocalizedText(fr: "qu’il soit suspendu (pause)", en: "that it is paused (pause)"),
    "an end of what stands in the way": LocalizedText(
      fr: "la fin de ce qui empêche d’avancer", en: "an end of what stands in the way"),
    "preparingTarget … drainingSource": LocalizedText(
      fr: "qu’il soit lancé, et que le départ ne soit pas supprimé",
      en: "that it has been started, and that the source is not gone"),
    "an accepted loss, where writes would be lost": LocalizedText(
      fr: "une perte acceptée, là où des écritures seraient perdues",
      en: "an accepted loss, where writes would be lost"),
    "somebody who answers for what is lost": LocalizedText(
      fr: "quelqu’un qui réponde de ce qui est perdu", en: "somebody who answers for what is lost"),
    "a source that is seen to be frozen": LocalizedText(
      fr: "que l’agent voie le départ gelé", en: "that the agent sees the source frozen"),
    "a source that is seen again, or its declared loss": LocalizedText(
      fr: "que l’agent revoie le départ, ou que sa perte soit déclarée",
      en: "that the agent sees the source again, or that its loss is declared"),
    "a source that was given up for lost": LocalizedText(
      fr: "un départ tenu pour perdu", en: "a source that was given up for lost"),
    "confirm-removal": LocalizedText(
      fr: "confirmer sa suppression, puisqu’il est revenu (confirm-removal)",
      en: "to confirm its removal, as it is back (confirm-removal)"),
    "a target that is seen to be ready": LocalizedText(
      fr: "que l’agent voie l’arrivée prête", en: "that the agent sees the target ready"),
    "a source that is seen to be active, with what was written on the target copied back or given up":
      LocalizedText(
        fr: "que l’agent voie le départ actif, et que les écritures de l’arrivée soient recopiées ou abandonnées",
        en: "that the agent sees the source active, and that the target’s writes were copied back or given up"),
  ]
}
