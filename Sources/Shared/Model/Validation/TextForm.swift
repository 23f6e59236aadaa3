/// A form that a text must have, with how to say so.
struct TextForm: Sendable {
  let name: String
  let nameFR: String
  let accepted: String
  let isValid: @Sendable (String) -> Bool

  static let dnsLabel = TextForm(
    name: "a DNS label", nameFR: "un label DNS",
    accepted: "1 to 63 of a-z, 0-9 and -, a letter or digit at both ends"
  ) { isLabel($0, 1...63, inner: "-", upper: false) }

  static let projectName = TextForm(
    name: "a project name", nameFR: "un nom de projet", accepted: "2 to 20 of a-z and 0-9"
  ) { consists($0, 2...20, of: lower) }

  static let environmentName = TextForm(
    name: "an environment name", nameFR: "un nom d’environnement", accepted: "2 to 11 of a-z and 0-9"
  ) { consists($0, 2...11, of: lower) }

  static let slug = TextForm(
    name: "a zone slug", nameFR: "un identifiant court de zone", accepted: "1 to 10 of a-z, 0-9 and -"
  ) { consists($0, 1...10, of: lower.union(Alphabet("-"))) }

  static let labelValue = TextForm(
    name: "a label value", nameFR: "une valeur d’étiquette",
    accepted: "1 to 63 of A-Z, a-z, 0-9, -, _ and ., a letter or digit at both ends"
  ) { isLabel($0, 1...63, inner: "-_.", upper: true) }

  static let labelKey = TextForm(
    name: "a label key", nameFR: "une clé d’étiquette",
    accepted: "[dns.domain/]name of at most 63 of A-Z, a-z, 0-9, -, _ and ., a letter or digit at both ends"
  ) { text in
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard let name = parts.last, labelValue.isValid(name) else { return false }
    return parts.count == 1 || isDomain(parts[0])
  }

  static let country = TextForm(
    name: "an ISO 3166-1 country", nameFR: "un pays ISO 3166-1", accepted: "two capitals, such as FR"
  ) { consists($0, 2...2, of: capitals) }

  static let subdivision = TextForm(
    name: "an ISO 3166-2 subdivision", nameFR: "une subdivision ISO 3166-2",
    accepted: "country, hyphen, 1 to 3 capitals or digits, such as FR-IDF"
  ) { text in
    let parts = text.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
    return parts.count == 2 && country.isValid(parts[0]) && consists(parts[1], 1...3, of: capitals.union(digits))
  }

  static let stage = TextForm(
    name: "a stage", nameFR: "une étape", accepted: Stage.wellKnown.joined(separator: ", ")
  ) { Stage.wellKnown.contains($0) }

  static let sentence = TextForm(
    name: "a text", nameFR: "un texte",
    accepted: "a text that is not empty, without control characters and marks of direction"
  ) { text in
    text.utf8.count <= 4_096 && text.contains { !$0.isWhitespace } && PlainText.isPlain(text)
  }

  static let sha256 = TextForm(
    name: "a SHA-256 digest", nameFR: "une empreinte SHA-256", accepted: "64 of 0-9 and a-f"
  ) { consists($0, 64...64, of: digits.union(Alphabet("abcdef"))) }

  static let networkName = TextForm(
    name: "the name of a network or system", nameFR: "le nom d’un réseau ou d’un système",
    accepted: "1 to 63 characters, no space at either end"
  ) { text in
    (1...63).contains(text.count) && text.first?.isWhitespace == false && text.last?.isWhitespace == false
      && PlainText.isPlain(text, onOneLine: true)
  }

  static let version = TextForm(
    name: "a version", nameFR: "une version", accepted: "dotted numbers, such as 16 or 1.29.3"
  ) { ServiceVersion($0) != nil }

  static let versionConstraint = TextForm(
    name: "a version constraint", nameFR: "une contrainte de version", accepted: "16, >=14, >=1.27 <1.30"
  ) { VersionConstraint($0) != nil }

  static let gitURL = TextForm(
    name: "a Git URL", nameFR: "une URL Git", accepted: "https://host/path or ssh://host/path"
  ) { text in
    guard let scheme = ["https://", "ssh://"].first(where: { text.hasPrefix($0) }) else { return false }
    let rest = text.dropFirst(scheme.count)
    guard let slash = rest.firstIndex(of: "/"), slash != rest.startIndex else { return false }
    return rest.count > rest.distance(from: rest.startIndex, to: slash) + 1
      && rest.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value < 0x7F }
  }

  static let folder = TextForm(
    name: "a folder in the repository", nameFR: "un dossier du dépôt", accepted: "relative, without . or .. parts"
  ) { text in
    !text.isEmpty
      && text.split(separator: "/", omittingEmptySubsequences: false).allSatisfy {
        !["", ".", ".."].contains($0)
      }
  }

  static let branch = TextForm(
    name: "a branch", nameFR: "une branche", accepted: "a name that Git accepts, such as main or release/1.0"
  ) { text in
    (1...200).contains(text.utf8.count) && !text.contains("..") && !text.hasSuffix(".lock") && !text.hasPrefix("-")
      && text.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { !$0.isEmpty && !$0.hasPrefix(".") }
      && text.unicodeScalars.allSatisfy {
        $0.value > 0x20 && $0.value < 0x7F && !"~^:?*[\\".unicodeScalars.contains($0)
      }
  }

  // MARK: Alphabets

  static let digits = Alphabet("0123456789")
  static let capitals = Alphabet("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
  static let lower = Alphabet("abcdefghijklmnopqrstuvwxyz0123456789")

  static func consists(_ text: String, _ length: ClosedRange<Int>, of alphabet: Alphabet) -> Bool {
    // What is of the alphabet is ASCII, and has as many bytes as characters.
    length.contains(text.utf8.count) && text.utf8.allSatisfy(alphabet.contains)
  }

  static func isLabel(_ text: String, _ length: ClosedRange<Int>, inner: String, upper: Bool) -> Bool {
    let ends = upper ? lower.union(capitals) : lower
    guard let first = text.utf8.first, let last = text.utf8.last, ends.contains(first), ends.contains(last) else {
      return false
    }
    return consists(text, length, of: ends.union(Alphabet(inner)))
  }

  static func isDomain(_ text: String) -> Bool {
    text.count <= 253
      && text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { dnsLabel.isValid(String($0)) }
  }
}

/// Characters of ASCII, as bits: forms are looked at for every text of every document.
struct Alphabet: Sendable {
  private var bits: UInt128 = 0

  /// The characters of `text`, those of ASCII.
  init(_ text: String) {
    for byte in text.utf8 where byte < 0x80 { bits |= 1 << UInt128(byte) }
  }

  func contains(_ byte: UInt8) -> Bool { byte < 0x80 && bits >> UInt128(byte) & 1 == 1 }

  func union(_ other: Alphabet) -> Alphabet {
    var both = self
    both.bits |= other.bits
    return both
  }
}
