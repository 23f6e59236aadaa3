import Model

/// One thing that an element of a policy says, as it is compared and as people read it.
struct PolicyFacet: Sendable, Hashable {
  /// The field: `places`.
  var field: String
  /// What is said, written so that what means the same has the same text, and what means something else another one; nil where
  /// what is said is what holds anyway.
  var value: LocalizedText?

  init(_ field: String, _ value: LocalizedText?) {
    self.field = field
    self.value = value
  }

  /// A value that reads the same in both languages.
  init(_ field: String, _ value: String?) {
    self.init(field, value.map { LocalizedText(fr: $0) })
  }

  init(_ field: String, number: Int?, otherwise standard: Int? = nil) {
    self.init(field, number == standard ? nil : number.map(String.init))
  }

  /// What people call the field.
  var name: LocalizedText {
    (Self.names[field] ?? Self.offerNames[field]).map { LocalizedText(fr: $0.fr, en: $0.en) }
      ?? LocalizedText(fr: field)
  }

  /// What holds where nothing is said.
  var absence: LocalizedText {
    let absence = (Self.names[field] ?? Self.offerNames[field])?.absence ?? ("rien", "nothing")
    return LocalizedText(fr: absence.0, en: absence.1)
  }

  typealias Name = (fr: String, en: String, absence: (String, String))

  private static let names: [String: Name] = [
    "title": ("titre", "title", ("aucun", "none")),
    "flowDelayDays": ("délai d’ouverture d’un flux, en jours ouvrés", "working days to open a flow", ("5", "5")),
    "heartbeatLimitSeconds": (
      "silence admis d’un agent, en secondes", "seconds an agent may be silent", ("300", "300")
    ),
    "capacityMaxAgeSeconds": (
      "âge admis d’une mesure de capacité, en secondes", "seconds a measured capacity counts", ("3600", "3600")
    ),
    "complianceDays": ("délai de mise en conformité, en jours", "days to comply", ("30", "30")),
    "derogationNoticeDays": (
      "préavis de fin de dérogation, en jours", "notice of a derogation's end, in days", ("30", "30")
    ),
    "parent": ("classe parente", "parent", ("aucune", "none")),
    "sensitivity": ("sensibilité", "sensitivity", ("usuel", "usuel")),
    "qualifications": ("qualifications", "qualifications", ("aucune", "none")),
    "countries": ("pays", "countries", ("tous", "all")),
    "subdivisions": ("subdivisions", "subdivisions", ("toutes", "all")),
    "requires": ("exigence sur le lieu", "demand on the place", ("aucune", "none")),
    "motive": ("motif", "motive", ("aucun", "none")),
    "subject": ("projets visés", "projects meant", ("tous", "all")),
    "effect": ("effet", "effect", ("aucun", "none")),
    "places": ("lieux", "places", ("tous", "all")),
    "chains": ("chaînes", "chains", ("aucune", "none")),
    "weight": ("poids", "weight", ("aucun", "none")),
    "notWaivable": ("dérogation", "derogation", ("possible", "possible")),
    "stages": ("étapes", "stages", ("toutes", "all")),
    "validFrom": ("premier jour", "first day", ("depuis toujours", "always")),
    "validUntil": ("dernier jour", "last day", ("sans fin", "no end")),
    "resources": ("ressources", "resources", ("toutes", "all")),
    "overcommit": ("surengagement", "overcommitment", ("1", "1")),
    "reserve": ("réserve", "reserve", ("0", "0")),
    "tolerance": ("tolérance", "tolerance", ("0", "0")),
    "precedence": ("passe avant", "comes before", ("aucune autre", "no other")),
    "production": ("en production", "in production", ("illimité", "unlimited")),
    "nonProduction": ("hors production", "outside production", ("illimité", "unlimited")),
    "balance": ("équilibre", "balance", ("1", "1")),
    "affinity": ("affinité", "affinity", ("2", "2")),
    "stickiness": ("stabilité", "stickiness", ("3", "3")),
    "locality": ("proximité", "locality", ("0", "0")),
    "quorum": ("quorum", "quorum", ("aucun", "none")),
    "votingDays": ("durée du vote, en jours", "days of voting", ("15", "15")),
    "voters": ("votants", "voters", ("tous les opérateurs", "all operators")),
    "majority": ("majorité", "majority", ("simple", "simple")),
    "emergencyDays": ("durée d’une urgence, en jours", "days of an emergency", ("7", "7")),
  ]
}
