import Model

extension Reason {
  /// The texts of restrictions. Those of fit and preference never get here.
  var restrictionPhrases: Phrases {
    switch code {
    case .unresolvedReference, .attributeUndeclared: declarationPhrases
    case .unknownDataClass, .sensitivityTooLow, .restrictedZoneReserved, .qualificationMissing, .qualificationExpired,
      .qualificationNotYetValid, .residencyRefused, .dataClassDemand:
      dataPhrases
    case .audienceRefused, .ruleRequires, .ruleForbids: accessPhrases
    default: statePhrases
    }
  }

  private var declarationPhrases: Phrases {
    if code == .unresolvedReference, self["kind"] == Kind.cluster.rawValue {
      return Phrases(
        "L’offre ne connaît plus le cluster « \(self["name"]) ».",
        "The offer does not hold the cluster “\(self["name"])” any more.",
        remedy: "Déclarer le cluster « \(self["name"]) » dans l’offre, ou déplacer ce qu’il héberge.",
        "Declare the cluster “\(self["name"])” in the offer, or move what it hosts.")
    }
    if code == .unresolvedReference, self["kind"] == Kind.chain.rawValue {
      return Phrases(
        "L’offre ne connaît plus la chaîne « \(self["name"]) », qui livrait ici.",
        "The offer does not hold the chain “\(self["name"])” any more, which delivered here.",
        remedy: "Décider de nouveau : une autre chaîne est choisie s’il y en a une.",
        "Decide again: another chain is chosen where there is one.")
    }
    if code == .unresolvedReference {
      let kind = missingKindFR
      return Phrases(
        "L’offre ne connaît pas \(kind.named) « \(self["name"]) », \(kind.which) ce cluster se rattache.",
        "The offer does not know the \(self["kind"]) “\(self["name"])” that this cluster belongs to.",
        remedy: "Déclarer \(kind.named) « \(self["name"]) » dans l’offre, ou corriger la référence.",
        "Declare the \(self["kind"]) “\(self["name"])” in the offer, or correct the reference.")
    }
    if self["attribute"].hasPrefix(ConformityFinding.prefix) {
      let rule = self["attribute"].dropFirst(ConformityFinding.prefix.count)
      if parameters["finding"] == ConformityFinding.inconclusive.rawValue {
        return Phrases(
          "On ne sait pas si ce cluster applique la règle « \(rule) » : il a été sondé sans réponse, et "
            + "« \(self["source"]) » en dépend.",
          "It is not known whether this cluster keeps the rule “\(rule)”: it was probed without an answer, and "
            + "“\(self["source"])” depends on it.",
          remedy: "L’opérateur doit trouver pourquoi les sondes de l’agent restent sans réponse : ce qui est inconnu "
            + "est refusé.",
          "The operator must find out why the agent’s probes get no answer: unknown means refused.")
      }
      return Phrases(
        "On ne sait pas si ce cluster applique la règle « \(rule) » : il n’a pas été sondé, et « \(self["source"]) » "
          + "en dépend.",
        "It is not known whether this cluster keeps the rule “\(rule)”: it was not probed, and “\(self["source"])” "
          + "depends on it.",
        remedy: "Attendre que l’agent de la zone ait sondé le cluster : ce qui est inconnu est refusé.",
        "Wait until the zone’s agent has probed the cluster: unknown means refused.")
    }
    return Phrases(
      "L’attribut « \(self["attribute"]) » n’est pas déclaré, alors que « \(self["source"]) » en dépend.",
      "The attribute “\(self["attribute"])” is not declared, and “\(self["source"])” depends on it.",
      remedy: "Déclarer « \(self["attribute"]) » : ce qui est inconnu est refusé.",
      "Declare “\(self["attribute"])”: unknown means refused.")
  }

  /// The kind that is missing, with its article, and the word for “to which” that goes with it.
  private var missingKindFR: (named: String, which: String) {
    switch self["kind"] {
    case Kind.zone.rawValue: ("la zone", "à laquelle")
    case Kind.region.rawValue: ("la région", "à laquelle")
    case Kind.operator.rawValue: ("l’opérateur", "auquel")
    default: (self["kind"], "auquel")
    }
  }

  private var dataPhrases: Phrases {
    let (wanted, actual) = (sensitivityFR("wanted"), sensitivityFR("actual"))
    let data = sensitivityFR("wanted", isPlural: true)
    return switch code {
    case .unknownDataClass:
      Phrases(
        "La politique ne connaît pas la classe de données « \(self["dataClass"]) ».",
        "The policy does not know the data class “\(self["dataClass"])”.",
        remedy: "Corriger la classe de données du projet, ou l’ajouter à la politique.",
        "Correct the project’s data class, or add it to the policy.")
    case .sensitivityTooLow:
      Phrases(
        "La classe « \(self["dataClass"]) » demande une zone \(wanted) ; celle-ci est \(actual).",
        "The class “\(self["dataClass"])” demands a \(self["wanted"]) zone; this one is \(self["actual"]).",
        remedy: "Choisir une zone \(wanted), ou déclarer une autre classe de données si elle est inexacte.",
        "Choose a \(self["wanted"]) zone, or declare another data class if this one is not right.")
    case .restrictedZoneReserved:
      Phrases(
        "Cette zone \(actual) est réservée aux données qui l’exigent ; celles du projet sont \(data).",
        "This \(self["actual"]) zone is reserved for data that demands it; the project’s is \(self["wanted"]).",
        remedy: "Choisir une zone \(wanted).", "Choose a zone that is \(self["wanted"]).")
    case .residencyRefused:
      Phrases(
        "Les données doivent rester en \(self["allowed"]) (\(self["source"])) ; la région est en \(self["actual"]).",
        "The data must stay in \(self["allowed"]) (\(self["source"])); the region is in \(self["actual"]).",
        remedy: "Choisir une région située en \(self["allowed"]).", "Choose a region in \(self["allowed"]).")
    case .dataClassDemand:
      Phrases(
        "La classe « \(self["dataClass"]) » exige : \(self["demand"]).",
        "The class “\(self["dataClass"])” demands: \(self["demand"]).",
        remedy: "Choisir un lieu qui satisfait « \(self["demand"]) ».",
        "Choose a place that satisfies “\(self["demand"])”.")
    default: qualificationPhrases
    }
  }

  private var qualificationPhrases: Phrases {
    let name = self["qualification"]
    switch code {
    case .qualificationExpired where parameters["declared"] != nil:
      return Phrases(
        """
        La qualification \(name) de la région a expiré le \(self["validUntil"]) ; une autre période est déclarée, \
        non reconnue.
        """,
        """
        The region’s qualification \(name) expired on \(self["validUntil"]); another period is declared, \
        not acknowledged.
        """,
        remedy: "Un membre du comité doit reconnaître la qualification \(name).",
        "A member of the board must acknowledge \(name).")
    case .qualificationMissing where parameters["declared"] != nil:
      return Phrases(
        "La qualification \(name), exigée par la classe « \(self["dataClass"]) », est déclarée, non reconnue.",
        "The qualification \(name), demanded by the class “\(self["dataClass"])”, is declared, not acknowledged.",
        remedy: "Un membre du comité doit reconnaître la qualification \(name).",
        "A member of the board must acknowledge \(name).")
    case .qualificationExpired:
      return Phrases(
        "La qualification \(name) de la région a expiré le \(self["validUntil"]).",
        "The region’s qualification \(name) expired on \(self["validUntil"]).",
        remedy: "L’opérateur doit renouveler la qualification \(name).", "The operator must renew \(name).")
    case .qualificationNotYetValid:
      return Phrases(
        "La qualification \(name) de la région ne vaut qu’à partir du \(self["validFrom"]).",
        "The region’s qualification \(name) holds only from \(self["validFrom"]).",
        remedy: "Attendre le \(self["validFrom"]).", "Wait until \(self["validFrom"]).")
    default:
      return Phrases(
        "La région n’a pas la qualification \(name), exigée par la classe « \(self["dataClass"]) ».",
        "The region lacks the qualification \(name), demanded by the class “\(self["dataClass"])”.",
        remedy: "L’opérateur doit obtenir et déclarer la qualification \(name).",
        "The operator must obtain and declare \(name).")
    }
  }

  private var accessPhrases: Phrases {
    switch code {
    case .audienceRefused where parameters["secondaryChain"] != nil:
      return Phrases(
        "La chaîne « \(self["secondaryChain"]) » n’est pas ouverte à « \(self["wanted"]) » (elle l’est à : \(self["allowed"])).",
        "The chain “\(self["secondaryChain"])” is not open to “\(self["wanted"])” (it is to: \(self["allowed"])).",
        remedy: "Ouvrir la chaîne à « \(self["wanted"]) ».", "Open the chain to “\(self["wanted"])”.")
    case .audienceRefused:
      return Phrases(
        "La région n’est pas ouverte à « \(self["wanted"]) » (elle l’est à : \(self["allowed"])).",
        "The region is not open to “\(self["wanted"])” (it is to: \(self["allowed"])).",
        remedy: "L’opérateur doit ouvrir la région à « \(self["wanted"]) ».",
        "The operator must open the region to “\(self["wanted"])”.")
    case .ruleForbids where parameters["secondaryChain"] != nil:
      return Phrases(
        "La règle \(self["rule"]) interdit la chaîne « \(self["secondaryChain"]) » : \(motive.fr)",
        "Rule \(self["rule"]) forbids the chain “\(self["secondaryChain"])”: \(motive.en)",
        remedy: waiver.fr + "laisser livrer une chaîne hors de : \(self["demand"]).",
        waiver.en + "have a chain deliver that is outside: \(self["demand"]).")
    case .ruleRequires where parameters["secondaryChain"] != nil:
      return Phrases(
        "La règle \(self["rule"]) exige « \(self["demand"]) », ce que la chaîne « \(self["secondaryChain"]) » n’est pas : "
          + motive.fr,
        "Rule \(self["rule"]) requires “\(self["demand"])”, which the chain “\(self["secondaryChain"])” is not: "
          + motive.en,
        remedy: waiver.fr + "laisser livrer une chaîne qui la satisfait.",
        waiver.en + "have a chain deliver that satisfies it.")
    case .ruleForbids:
      return Phrases(
        "La règle \(self["rule"]) l’interdit : \(motive.fr)", "Rule \(self["rule"]) forbids it: \(motive.en)",
        remedy: waiver.fr + "choisir un lieu hors de : \(self["demand"]).",
        waiver.en + "choose a place outside: \(self["demand"]).")
    default:
      return Phrases(
        "La règle \(self["rule"]) exige « \(self["demand"]) » : \(motive.fr)",
        "Rule \(self["rule"]) requires “\(self["demand"])”: \(motive.en)",
        remedy: waiver.fr + "choisir un lieu qui la satisfait.", waiver.en + "choose a place that satisfies it.")
    }
  }

  /// What a derogation can do about a rule, as the beginning of what can be done: nothing where the policy says that none
  /// waives it.
  private var waiver: (fr: String, en: String) {
    let rule = self["rule"]
    guard parameters["notWaivable"] == nil else {
      return ("Aucune dérogation ne lève la règle \(rule) : ", "No derogation waives rule \(rule): ")
    }
    return (
      "Obtenir une dérogation notifiée à la règle \(rule), ou ", "Obtain a notified derogation from rule \(rule), or "
    )
  }

  private var statePhrases: Phrases {
    let name = self["name"]
    switch code {
    case .regionClosed, .clusterClosed:
      return Phrases(
        "« \(name) » est fermé et n’héberge plus rien.", "“\(name)” is closed and hosts nothing.",
        remedy: "L’opérateur doit rouvrir « \(name) ».", "The operator must reopen “\(name)”.")
    case .regionDraining, .clusterDraining:
      return Phrases(
        "« \(name) » est en cours d’évacuation.", "“\(name)” is being drained.",
        remedy: "Attendre que l’opérateur rouvre « \(name) », ou choisir un autre lieu.",
        "Wait for the operator to reopen “\(name)”, or choose another place.")
    case .regionCordoned, .clusterCordoned:
      return Phrases(
        "« \(name) » ne prend plus de nouveaux placements et garde les siens.",
        "“\(name)” takes no new placements and keeps those it has.",
        remedy: "Attendre que l’opérateur rouvre « \(name) », ou choisir un autre lieu.",
        "Wait for the operator to reopen “\(name)”, or choose another place.")
    default:
      return Phrases(
        "« \(name) » porte la marque \(self["taint"]), que le projet ne tolère pas.",
        "“\(name)” has the taint \(self["taint"]), which the project does not tolerate.",
        remedy: "Ajouter la tolérance au projet si elle se justifie, ou retirer la marque.",
        "Add the toleration to the project if it is justified, or remove the taint.")
    }
  }
}
