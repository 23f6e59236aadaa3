extension Reason {
  /// The texts of what stands in the way of a project as a whole.
  var jointPhrases: Phrases {
    switch code {
    case .spreadUnsatisfiable: spreadPhrases
    case .colocationUnsatisfiable: colocationPhrases
    case .noCommonChain:
      Phrases(
        "Aucune chaîne secondaire ne peut livrer à tous les environnements du projet.",
        "No secondary chain can deliver to all environments of the project.",
        remedy: "Ouvrir une même chaîne à toutes les zones nécessaires.", "Open one chain to all the zones needed.")
    case .contractLimit: contractPhrases
    case .moveNeeded:
      Phrases(
        "La réplique \(self["replica"]) de « \(self["environment"]) » doit d’abord migrer de « \(self["from"]) » vers "
          + "« \(self["to"]) » : là où elle est, ce qui est nouveau n’a pas sa place à côté d’elle.",
        "Replica \(self["replica"]) of “\(self["environment"])” has to move from “\(self["from"])” to “\(self["to"])” "
          + "first: where it is, what is new has no place beside it.",
        remedy: "Migrer cette réplique, puis redemander : une décision ne migre rien.",
        "Migrate the replica, then ask again: a decision moves nothing.")
    case .jointCapacityShort:
      Phrases(
        "Chaque environnement tiendrait seul, mais la place manque pour tous ensemble.",
        "Each environment would fit alone, but there is no room for all of them together.",
        remedy: "Agrandir un des clusters acceptés, ou réduire les quotas.",
        "Enlarge one of the accepted clusters, or lower the quotas.")
    case .noCandidate:
      Phrases(
        "Aucun cluster n’accepte l’environnement « \(self["environment"]) ».",
        "No cluster accepts the environment “\(self["environment"])”.",
        remedy: "Lever la raison la plus fréquente : \(self["mostly"]).",
        "Remove the most frequent reason: \(self["mostly"]).")
    default:
      Phrases(
        "La recherche s’est arrêtée après \(self["nodes"]) nœuds sans avoir trouvé la meilleure réponse.",
        "The search stopped after \(self["nodes"]) nodes without having found the best answer.",
        remedy: "Augmenter le budget de recherche, ou placer moins d’environnements à la fois.",
        "Raise the search budget, or place fewer environments at once.")
    }
  }

  private var contractPhrases: Phrases {
    let (needed, limit, short) = (amount("needed"), amount("limit"), amount("short"))
    return Phrases(
      "Le projet dépasse sa limite contractuelle (\(self["scope"])) : \(resourceFR(self["resource"])), "
        + "\(needed.fr) demandés pour \(limit.fr), soit \(short.fr) de trop.",
      "The project exceeds its contractual limit (\(self["scope"])): \(self["resource"]), "
        + "\(needed.en) asked of \(limit.en), which is \(short.en) too much.",
      remedy: "Réduire les quotas, ou faire relever la limite.", "Lower the quotas, or have the limit raised.")
  }

  private var spreadPhrases: Phrases {
    let place = Self.place(self["topology"])
    // By themselves they could be kept apart, but not beside all else that has to hold.
    let (fr, en) =
      self["available"] == self["wanted"]
      ? (
        "avec tout le reste, les lieux acceptés ne le permettent pas",
        "with all the rest, the accepted places do not allow it"
      )
      : (
        "les lieux acceptés en permettent \(self["available"])",
        "the accepted places allow for \(self["available"])"
      )
    return Phrases(
      "Les \(self["wanted"]) répliques de « \(self["environments"]) » doivent être séparées (\(place.fr), "
        + "\(self["atMost"]) au plus par lieu) ; \(fr).",
      "The \(self["wanted"]) replicas of “\(self["environments"])” must be kept apart (\(place.en), "
        + "at most \(self["atMost"]) each); \(en).",
      remedy: "Ajouter des lieux (\(place.fr)), ou assouplir la séparation.",
      "Add places (\(place.en)), or relax the spread.")
  }

  private var colocationPhrases: Phrases {
    let place = Self.common(self["topology"])
    return Phrases(
      "« \(self["environments"]) » doivent rester ensemble (\(place.fr)) ; aucun lieu ne les accepte tous.",
      "“\(self["environments"])” must stay together (\(place.en)); no place accepts all of them.",
      remedy: "Ouvrir ou agrandir un lieu pour tous (\(place.fr)), ou assouplir la colocalisation.",
      "Open or enlarge a place for all of them (\(place.en)), or relax the co-location.")
  }

  private static func common(_ topology: String) -> (fr: String, en: String) {
    switch topology {
    case "cluster": ("même cluster", "one cluster")
    case "zone": ("même zone", "one zone")
    case "region": ("même région", "one region")
    default: ("même centre de données", "one data centre")
    }
  }

  private static func place(_ topology: String) -> (fr: String, en: String) {
    switch topology {
    case "cluster": ("par cluster", "by cluster")
    case "zone": ("par zone", "by zone")
    case "region": ("par région", "by region")
    default: ("par centre de données", "by data centre")
    }
  }

  /// The texts of preference. Those of refusals never get here.
  var preferencePhrases: Phrases {
    let weight = self["weight"]
    switch code {
    case .rulePrefers, .ruleAvoids:
      let (fr, en) = code == .rulePrefers ? ("préfère", "prefers") : ("déconseille", "advises against")
      let (lieu, place) =
        parameters["secondaryChain"] == nil ? ("ce lieu", "this place") : ("cette chaîne", "this chain")
      return Phrases(
        "La règle \(self["rule"]) \(fr) \(lieu) (poids \(weight)) : \(motive.fr)",
        "Rule \(self["rule"]) \(en) \(place) (weight \(weight)): \(motive.en)",
        remedy: "Ce n’est qu’une préférence.", "This is a preference only.")
    case .wishMet:
      return Phrases(
        "Le projet a exprimé un souhait sur ce lieu (\(self["target"]), poids \(weight)).",
        "The project has a wish about this place (\(self["target"]), weight \(weight)).",
        remedy: "Ce n’est qu’une préférence.", "This is a preference only.")
    case .softTaint:
      return Phrases(
        "« \(self["name"]) » porte la marque \(self["taint"]), qui coûte de la préférence.",
        "“\(self["name"])” has the taint \(self["taint"]), which costs preference.",
        remedy: "Une tolérance du projet lèverait ce coût.", "A toleration of the project would remove the cost.")
    case .outsideHeldTerm:
      return Phrases(
        "Le lieu est accepté, mais hors du souhait n° \(self["term"]) du projet, qui a pu être tenu.",
        "The place is accepted, but outside the project’s wish no. \(self["term"]), which could be kept.",
        remedy: "Changer l’ordre des souhaits du projet.", "Change the order of the project’s wishes.")
    case .pinnedElsewhere:
      return Phrases(
        "Le lieu est accepté, mais la demande fixe toutes les répliques de l’environnement ailleurs.",
        "The place is accepted, but the request pins all replicas of the environment elsewhere.",
        remedy: "Laisser libre une des répliques.", "Leave one of the replicas free.")
    default:
      if parameters["secondaryChain"] != nil, self["held"] == "true" {
        return Phrases(
          "La chaîne conviendrait (note \(self["score"])), mais celle qui est retenue livre déjà à ce qui est en place.",
          "The chain would do (score \(self["score"])), but the chosen one delivers to what is there already.",
          remedy: "Ce qui est en place garde sa chaîne tant qu’elle peut y livrer.",
          "What is there keeps its chain as long as that can deliver to it.")
      }
      if parameters["secondaryChain"] != nil {
        return Phrases(
          "La chaîne conviendrait (note \(self["score"])), mais l’ensemble retenu est mieux classé.",
          "The chain would do (score \(self["score"])), but the chosen whole ranks better.",
          remedy: "À note égale, la première par le nom est retenue.",
          "With equal scores, the first by name is taken.")
      }
      return Phrases(
        "Le lieu est accepté (note \(self["score"])), mais l’ensemble retenu est mieux classé (note \(self["chosen"])).",
        "The place is accepted (score \(self["score"])), but the chosen whole ranks better (score \(self["chosen"])).",
        remedy: "À note égale, le plus de place libre puis le nom décident.",
        "With equal scores, the most free capacity and then the name decide.")
    }
  }
}
