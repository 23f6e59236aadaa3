import Foundation
import Model
import Testing

/// What people may write for others to read, and what a terminal gets of it.
struct PlainTextTests {
  /// Terminals obey these, or have what follows read in another order.
  private static let refused: [Unicode.Scalar] = [
    "\u{0}", "\u{8}", "\r", "\u{1B}", "\u{1F}", "\u{7F}", "\u{80}", "\u{85}", "\u{9B}", "\u{9F}", "\u{61C}", "\u{200E}",
    "\u{200F}", "\u{202A}", "\u{202E}", "\u{2066}", "\u{2069}", "\u{FEFF}",
  ]

  @Test(arguments: refused) func `what turns a terminal is neither taken nor shown`(scalar: Unicode.Scalar) {
    let text = "avant\(scalar)après"
    #expect(!PlainText.isPlain(text) && !PlainText.isPlain(text, onOneLine: true))
    #expect(PlainText.shown(text) == "avant\u{FFFD}après")
    #expect(PlainText.shown(text, onOneLine: true) == "avant\u{FFFD}après")
  }

  @Test(arguments: [
    "é", "“q” — π…", "👩‍👩‍👧", "می\u{200C}خواهم", "العربية", "עברית", "\u{A0}", "\u{202F}", "\u{2065}", "e\u{301}", "",
  ])
  func `what people read is taken and shown as it is`(text: String) {
    #expect(PlainText.isPlain(text) && PlainText.isPlain(text, onOneLine: true))
    #expect(PlainText.shown(text) == text && PlainText.shown(text, onOneLine: true) == text)
  }

  @Test func `lines are taken and shown where several are meant`() {
    let text = "un\n\tdeux"
    #expect(PlainText.isPlain(text) && PlainText.shown(text) == text)
    #expect(!PlainText.isPlain(text, onOneLine: true))
    #expect(PlainText.shown(text, onOneLine: true) == "un\u{FFFD}\u{FFFD}deux")
    for separator in ["\u{2028}", "\u{2029}"] {
      #expect(PlainText.shown("un\(separator)deux") == "un\u{FFFD}deux")
      #expect(!PlainText.isPlain("un\(separator)deux", onOneLine: true))
    }
  }

  @Test(arguments: refused) func `no resource is given a name or a network that holds it`(scalar: Unicode.Scalar) {
    var region = Samples.region
    region.displayName = "Île\(scalar)de-France"
    region.interconnections = ["chorus\(scalar)"]
    let errors = Resource("r", region).problems.filter { $0.severity == .error }
    #expect(errors.map(\.path) == ["spec.displayName", "spec.interconnections[0]"])
  }
}
