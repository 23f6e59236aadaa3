public import Model

/// The closed list of what is found in policies. Codes are stable.
public enum FindingCode: String, Codable, Sendable, CaseIterable {
  case invalidDocument = "InvalidDocument"
  case invalidField = "InvalidField"
  case unknownAttribute = "UnknownAttribute"
  case unknownValue = "UnknownValue"
  case duplicateName = "DuplicateName"
  case unsatisfiableSelector = "UnsatisfiableSelector"
  case contradiction = "Contradiction"
  case contradictoryClass = "ContradictoryClass"
  case widerThanParent = "WiderThanParent"
  case heirsNotNamed = "HeirsNotNamed"
  case shadowedRule = "ShadowedRule"
  case mootPreference = "MootPreference"
  case periodOver = "PeriodOver"
  case limitTooSmall = "LimitTooSmall"
  case matchesNothing = "MatchesNothing"
  case refusesEverything = "RefusesEverything"
  case refusesUndeclared = "RefusesUndeclared"
  case labelLeftOut = "LabelLeftOut"
  case withheld = "Withheld"
  case publishedName = "PublishedName"
  case classWithoutHost = "ClassWithoutHost"
  case unusableChain = "UnusableChain"
  case impossibleVote = "ImpossibleVote"
  case notExamined = "NotExamined"

  /// What it means, for everyone.
  public var meaning: LocalizedText {
    let (fr, en) = texts
    return LocalizedText(fr: fr, en: en)
  }

  private var texts: (fr: String, en: String) {
    switch self {
    case .invalidDocument:
      ("Le texte ne peut être lu comme une ressource valable.", "The text can not be read as a valid resource.")
    case .invalidField: ("Un champ a une valeur qui n’est pas acceptée.", "A field has a value that is not accepted.")
    case .unknownAttribute:
      ("Un sélecteur nomme un attribut qui n’existe pas.", "A selector names an attribute that there is not.")
    case .unknownValue:
      (
        "Un sélecteur nomme une valeur que l’attribut n’a jamais.",
        "A selector names a value that the attribute never has."
      )
    case .duplicateName: ("Un nom figure deux fois dans une liste.", "A name stands twice in a list.")
    case .unsatisfiableSelector:
      ("Rien ne pourra jamais satisfaire le sélecteur.", "Nothing can ever satisfy the selector.")
    case .contradiction:
      (
        "Un plus petit ensemble de règles et de classes que rien ne satisfait à la fois, et dont un même projet relève.",
        "A smallest set of rules and classes that nothing satisfies together, and that one project is subject to."
      )
    case .contradictoryClass:
      ("Une classe exige le contraire de ce dont elle hérite.", "A class demands the contrary of what it inherits.")
    case .widerThanParent:
      ("Une classe admet ce que sa classe parente refuse.", "A class admits what its parent refuses.")
    case .heirsNotNamed:
      (
        "`NotIn` nomme une classe sans celles qui en héritent : elles restent visées.",
        "`NotIn` names a class without those that inherit from it: these stay meant."
      )
    case .shadowedRule:
      ("Une règle est déjà contenue dans une autre, plus large.", "A rule is contained in another, wider one already.")
    case .mootPreference:
      (
        "Une préférence ne départage rien : une restriction ne laisse que des lieux qu’elle vise tous, ou aucun.",
        "A preference tells nothing apart: a restriction leaves only places all of which it means, or none."
      )
    case .periodOver: ("La période d’une règle est passée.", "The period of a rule is over.")
    case .limitTooSmall:
      (
        "Une limite est sous la taille S (2 CPU, 4 Gi) : pas un environnement n’y tient.",
        "A limit is below size S (2 CPU, 4 Gi): not one environment fits."
      )
    case .matchesNothing: ("Un sélecteur ou une étape ne désigne rien.", "A selector or a stage matches nothing.")
    case .refusesEverything: ("Une interdiction ne laisse aucun lieu.", "A rule that forbids leaves no place.")
    case .refusesUndeclared:
      (
        "Une interdiction n’atteint que ce qui ne déclare pas l’attribut dont elle vise certaines valeurs.",
        "A rule that forbids some values of an attribute reaches only what does not declare it."
      )
    case .labelLeftOut:
      (
        "Une interdiction n’atteint pas ce qui ne porte pas l’étiquette dont elle vise certaines valeurs.",
        "A rule that forbids some values of a label does not reach what lacks it."
      )
    case .withheld:
      (
        "Le document public tait des noms que donne un sélecteur : projets, centres de données, clusters DR ou dédiés.",
        "The public document withholds names that a selector gives: of projects, data centres, DR or dedicated clusters."
      )
    case .publishedName:
      (
        "Un texte que le document public dit tel quel nomme un cluster DR ou dédié.",
        "A text that the public document tells as it is names a DR or dedicated cluster."
      )
    case .classWithoutHost: ("Aucun lieu ne peut héberger une classe.", "No place can host a class.")
    case .unusableChain: ("Aucun projet ne peut être livré par une chaîne.", "No project can be delivered by a chain.")
    case .impossibleVote:
      (
        "Un votant n’est pas un opérateur, ou le quorum dépasse leur nombre.",
        "A voter is no operator, or the quorum exceeds their number."
      )
    case .notExamined:
      (
        "Trop de règles s’excluent : il peut y avoir plus de contradictions que celles trouvées.",
        "Too many rules exclude each other: there may be more contradictions than were found."
      )
    }
  }
}
