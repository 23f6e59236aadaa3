public import Model

extension Reason {
  /// What is said to people, in French and in English.
  public var sentence: LocalizedText {
    let sentence = phrases.sentence
    // What stands for the project as a whole names the cluster that it was found at.
    guard let cluster = parameters["cluster"] else { return sentence }
    return LocalizedText(fr: "\(cluster) : \(sentence.fr)", en: "\(cluster): \(sentence.en ?? sentence.fr)")
  }

  /// For a refusal, what would have to change; for a preference, what it rests on.
  public var remedy: LocalizedText { phrases.remedy }

  /// Both texts of a code.
  struct Phrases {
    var sentence: LocalizedText
    var remedy: LocalizedText

    init(_ fr: String, _ en: String, remedy remedyFR: String, _ remedyEN: String) {
      sentence = LocalizedText(fr: fr, en: en)
      remedy = LocalizedText(fr: remedyFR, en: remedyEN)
    }
  }

  private var phrases: Phrases {
    switch code.category {
    case .restriction: restrictionPhrases
    case .fit: fitPhrases
    case .preference: preferencePhrases
    }
  }

  /// A parameter's value, or a question mark where a stored decision does not have it.
  subscript(name: String) -> String { parameters[name] ?? "?" }

  /// A counted resource in French; what is none as it is.
  func resourceFR(_ name: String) -> String {
    switch name {
    case CountedResource.cpu.rawValue, CountedResource.gpu.rawValue: name.uppercased()
    case CountedResource.memory.rawValue: "mémoire"
    case CountedResource.storage.rawValue: "stockage"
    default: name
    }
  }

  /// A sensitivity as it is said of a zone, *une zone usuelle*; of data in the plural where `isPlural`.
  func sensitivityFR(_ name: String, isPlural: Bool = false) -> String {
    let word = self[name]
    guard word == Sensitivity.usuel.rawValue else { return word }
    return isPlural ? "usuelles" : "usuelle"
  }

  /// The motive of a rule, as the end of a sentence.
  var motive: (fr: String, en: String) {
    let french = self["motive"]
    return (french, parameters["motiveEN"] ?? french)
  }
}
