import Contract
import Foundation
import Model
import Testing

/// Parts of an impact, by whichever release they are answered.
struct ImpactItemsViewTests {
  private static let pages: [(text: String, withheld: Bool?)] = [
    (#"{"items":["a"],"next":"c","withheld":3}"#, true), (#"{"items":["a"],"next":"c","withheld":0}"#, false),
    (#"{"items":["a"],"next":"c","withheld":true}"#, true), (#"{"items":["a"],"next":"c","withheld":false}"#, false),
    (#"{"items":["a"],"next":"c"}"#, nil),
  ]

  @Test(arguments: pages)
  func `that items are withheld is read as a number, too, as earlier releases said it`(
    text: String, withheld: Bool?
  ) throws {
    let view = try ModelJSON.decoder.decode(ImpactItemsView<String>.self, from: Data(text.utf8))
    #expect(view.items == ["a"] && view.next == "c" && view.withheld == withheld)
    let again = try ModelJSON.decoder.decode(
      ImpactItemsView<String>.self, from: try ModelJSON.encoder.encode(view))
    #expect(again.withheld == withheld)
  }

  @Test func `what says neither a number nor whether is refused`() {
    let text = #"{"items":[],"withheld":"some"}"#
    #expect(throws: DecodingError.self) {
      try ModelJSON.decoder.decode(ImpactItemsView<String>.self, from: Data(text.utf8))
    }
  }
}
