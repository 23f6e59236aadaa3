import Contract
import Testing

struct LanguageTests {
  @Test(
    arguments: [
      (nil, Language.fr), ("", .fr), ("fr", .fr), ("en", .en), ("EN-gb", .en), ("fr-CA", .fr),
      // The wish that is strongest, and the first of equals.
      ("en, fr", .en), ("fr, en", .fr), ("en;q=0.5, fr;q=0.8", .fr), ("fr;q=0.1,en;q=0.2", .en),
      ("de, en;q=0.7, fr;q=0.3", .en), ("en;q=0.5,fr;q=0.5", .en), ("fr;q=0.2, en;q=0.5, fr-CA;q=0.9", .fr),
      // What is not spoken here, and what is not wanted.
      ("de", .fr), ("de, es;q=0.5", .fr), ("en;q=0", .fr), ("fr;q=0, en", .en), ("fr;q=0,en;q=0", .fr),
      // Anything, and anything but.
      ("*", .fr), ("de, *;q=0.1", .fr), ("en;q=0.1, *", .fr), ("fr;q=0, *;q=0.5", .en), ("*;q=0, en;q=0.1", .en),
      // Blanks, capitals, and longer words that only begin alike.
      ("  en\t;\tQ=0.9 , fr ; q=0.1", .en), ("enx", .fr), ("french, en;q=0.1", .en), ("en_US", .fr),
    ] as [(String?, Language)])
  func `the wanted language is found`(header: String?, expected: Language) {
    #expect(Language(acceptLanguage: header) == expected)
  }

  @Test(arguments: [
    ";;;", ",,,", "-", "q=1", "en;q=", "en;q=abc", "en;q=2", "en;q=-1", "en;q=nan", "en;q=inf", "en;quality=1",
    "en;q=0.5;x", "\u{0}", "🇬🇧", ";q=1", " ", "-en", String(repeating: "en;q=7,", count: 10_000),
  ])
  func `garbage means nothing, so French`(header: String) {
    #expect(Language(acceptLanguage: header) == .fr)
  }

  @Test func `garbage beside a wish does not hide it`() {
    #expect(Language(acceptLanguage: "en;q=zzz, ;;, en;q=0.3") == .en)
  }
}
