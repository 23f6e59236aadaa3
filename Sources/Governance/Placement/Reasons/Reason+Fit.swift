extension Reason {
  /// The texts of fit. Those of restrictions and preference never get here.
  var fitPhrases: Phrases {
    switch code {
    case .chainCannotDeliver, .stageNotAdmitted: deliveryPhrases
    case .dedicatedToOthers, .managedByApplication, .modeContradictory: hostingPhrases
    case .serviceMissing, .serviceVersion, .interconnectionMissing: servicePhrases
    case .staleHeartbeat, .capacityNeverFits, .capacityShort: capacityPhrases
    case .pinInvalid, .pinRefused: pinPhrases
    default: jointPhrases
    }
  }

  private var deliveryPhrases: Phrases {
    if code == .stageNotAdmitted {
      return Phrases(
        "Le cluster n’admet pas l’étape « \(self["stage"]) » (il admet : \(self["allowed"])).",
        "The cluster does not admit the stage “\(self["stage"])” (it admits: \(self["allowed"])).",
        remedy: "L’opérateur doit ouvrir le cluster à l’étape « \(self["stage"]) ».",
        "The operator must open the cluster to the stage “\(self["stage"])”.")
    }
    if self["cause"] == "environment" {
      return Phrases(
        "La chaîne « \(self["chain"]) » ne livre aucun lieu accepté de l’environnement « \(self["environment"]) ».",
        "The chain “\(self["chain"])” delivers to no accepted place of the environment “\(self["environment"])”.",
        remedy: "Ouvrir la chaîne à l’un de ces lieux.", "Open the chain to one of these places.")
    }
    let cause = chainCause
    // Of what is delivered to already: another chain may do.
    if self["held"] == "true" {
      return Phrases(
        "La chaîne « \(self["chain"]) », qui livre ici, ne le peut plus : \(cause.fr).",
        "The chain “\(self["chain"])”, which delivers here, can no longer: \(cause.en).",
        remedy: "Décider de nouveau : une autre chaîne est choisie s’il y en a une.",
        "Decide again: another chain is chosen where there is one.")
    }
    // Most zones take any chain, and name none.
    let zone: (fr: String, en: String) =
      self["chain"].isEmpty
      ? ("la zone n’en désigne aucune", "the zone names none")
      : ("chaîne de la zone : \(self["chain"])", "the zone’s chain: \(self["chain"])")
    return Phrases(
      "Aucune chaîne ne peut livrer ici (\(zone.fr)) : \(cause.fr).",
      "No chain can deliver here (\(zone.en)): \(cause.en).",
      remedy: "Ouvrir une chaîne secondaire à cette zone et à ce projet.",
      "Open a secondary chain to this zone and this project.")
  }

  private var chainCause: (fr: String, en: String) {
    switch self["cause"] {
    case "unknown": ("elle n’est pas dans l’offre", "it is not in the offer")
    case "sensitivity": ("elle ne livre pas cette sensibilité", "it does not deliver to this sensitivity")
    case "zone": ("la zone en veut une autre", "the zone wants another one")
    case "region": ("elle ne livre pas cette région", "it does not deliver to this region")
    case "audience": ("elle n’est pas ouverte au projet", "it is not open to the project")
    case "rule": ("la règle \(self["rule"]) l’écarte", "rule \(self["rule"]) excludes it")
    default: ("aucune ne convient", "none is fit")
    }
  }

  private var hostingPhrases: Phrases {
    switch code {
    case .dedicatedToOthers:
      Phrases(
        "Le cluster est dédié à d’autres projets.", "The cluster is dedicated to other projects.",
        remedy: "L’opérateur doit ajouter « \(self["project"]) » aux projets du cluster.",
        "The operator must add “\(self["project"])” to the cluster’s projects.")
    case .managedByApplication:
      Phrases(
        "Le cluster est tenu par une application, et n’accueille que les projets qu’elle nomme.",
        "The cluster is run by an application, and takes only the projects it names.",
        remedy: "Faire ajouter « \(self["project"]) » aux projets du cluster.",
        "Have “\(self["project"])” added to the cluster’s projects.")
    default:
      Phrases(
        "Le cluster est tenu par une application, mais son mode est « \(self["mode"]) » : Régie n’y écrirait jamais.",
        "An application runs the cluster, but its mode is “\(self["mode"])”: Régie would never write there.",
        remedy: "Déclarer le cluster en mode « observe ».", "Declare the cluster’s mode as “observe”.")
    }
  }

  private var servicePhrases: Phrases {
    switch code {
    case .serviceMissing:
      Phrases(
        "La région n’offre pas le service « \(self["service"]) ».",
        "The region lacks the service “\(self["service"])”.",
        remedy: "L’opérateur doit offrir « \(self["service"]) », ou le projet s’en passer.",
        "The operator must offer “\(self["service"])”, or the project do without.")
    case .serviceVersion:
      Phrases(
        "« \(self["service"]) » est offert en version \(self["offered"]) ; le projet demande \(self["wanted"]).",
        "“\(self["service"])” is offered in version \(self["offered"]); the project needs \(self["wanted"]).",
        remedy: "L’opérateur doit offrir une version \(self["wanted"]), ou le projet changer de contrainte.",
        "The operator must offer a version \(self["wanted"]), or the project change its constraint.")
    default:
      Phrases(
        "La région n’est pas reliée à « \(self["network"]) ».", "The region is not connected to “\(self["network"])”.",
        remedy: "L’opérateur doit ouvrir l’interconnexion « \(self["network"]) ».",
        "The operator must open the interconnection “\(self["network"])”.")
    }
  }

  private var capacityPhrases: Phrases {
    let resource = self["resource"]
    let french = resourceFR(resource)
    let (short, needed, limit) = (amount("short"), amount("needed"), amount("limit"))
    switch code {
    case .staleHeartbeat:
      return Phrases(
        "L’agent de la zone « \(self["zone"]) » ne donne pas de nouvelles.",
        "The agent of the zone “\(self["zone"])” is not heard.",
        remedy: "Attendre que l’agent se manifeste ; les placements présents restent.",
        "Wait for the agent to be heard; what is placed stays.")
    case .capacityNeverFits:
      return Phrases(
        "Trop grand pour ce cluster, même vide : \(french), \(needed.fr) demandés, \(limit.fr) au plus ; "
          + "il manque \(short.fr).",
        "Too large for this cluster even when empty: \(resource), \(needed.en) needed, \(limit.en) at most; "
          + "\(short.en) short.",
        // It is short of what may be promised: with a reserve, as much more declared would not do.
        remedy: "Augmenter de \(short.fr) ce que le cluster peut promettre (\(french)), ou réduire la demande.",
        "Raise what the cluster may promise by \(short.en) (\(resource)), or ask for less.")
    default:
      let (free, committed) = (amount("free"), amount("committed"))
      return Phrases(
        "Il manque \(short.fr) de \(french) : \(needed.fr) demandés, \(free.fr) libres, "
          + "\(committed.fr) déjà promis sur \(limit.fr).",
        "\(short.en) of \(resource) short: \(needed.en) needed, \(free.en) free, "
          + "\(committed.en) of \(limit.en) already promised.",
        remedy: "Libérer \(short.fr) de \(french), augmenter d’autant ce que le cluster peut promettre, ou réduire la "
          + "demande.",
        "Free \(short.en) of \(resource), raise what the cluster may promise by as much, or ask for less.")
    }
  }
}
