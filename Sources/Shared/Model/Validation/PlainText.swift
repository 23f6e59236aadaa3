/// What people write for others to read. Terminals obey control characters instead of showing them, and marks of direction
/// have what follows read in another order than it stands: whoever votes on a text has to see what it says.
public enum PlainText {
  /// What is accepted, for people of both languages.
  public static let accepted =
    "no control characters but line feeds and tabs, no marks of direction / ni caractères de contrôle, hors sauts de "
    + "ligne et tabulations, ni marques de sens d’écriture"

  /// What is wrong with a text that may not be taken, in English and in French.
  public static let refusal = (
    en: "has control characters or marks of direction",
    fr: "contient des caractères de contrôle ou des marques de sens d’écriture"
  )

  /// Whether a text may be taken that somebody gives. What is stored already is not asked: it stays readable.
  ///
  /// - Parameter onOneLine: whether it holds no line feeds and tabs either.
  public static func isPlain(_ text: String, onOneLine: Bool = false) -> Bool {
    text.unicodeScalars.allSatisfy { scalar in
      switch scalar.value {
      case 0x20..<0x7F: true
      case 0x09, 0x0A, 0x2028, 0x2029: !onOneLine
      case 0..<0x20, 0x7F...0x9F: false
      case 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: false
      // A byte order mark is lost by readers of YAML.
      case 0xFEFF: false
      default: true
      }
    }
  }

  /// `text` for a terminal: U+FFFD stands for what is not for readers.
  ///
  /// - Parameter onOneLine: whether line feeds and tabs are not either.
  public static func shown(_ text: String, onOneLine: Bool = false) -> String {
    func isShown(_ scalar: Unicode.Scalar) -> Bool {
      switch scalar {
      case "\n", "\t": !onOneLine
      default: !isUnruly(scalar)
      }
    }
    guard !text.unicodeScalars.allSatisfy(isShown) else { return text }
    return String(String.UnicodeScalarView(text.unicodeScalars.map { isShown($0) ? $0 : "\u{FFFD}" }))
  }

  /// Whether a character is for terminals and for layout, and not for readers. Joiners shape the letters beside them.
  public static func isUnruly(_ scalar: Unicode.Scalar) -> Bool {
    // Most of what is printed is ASCII, and some of it is long.
    if (0x20..<0x7F).contains(scalar.value) { return false }
    switch scalar.properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator: return true
    case .format: return scalar != "\u{200C}" && scalar != "\u{200D}"
    default: return false
    }
  }
}
