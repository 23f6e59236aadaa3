import Testing

@testable import Requests

/// Which addresses destinations may have: such as every reader reads alike.
struct WebhookAddressTests {
  @Test(arguments: [
    // In brackets with and without a gap; in capital letters; the first and the last port, and the first and the last
    // character that may stand there.
    ("https://[1:2:3:4:5:6:7:8]/h", "https://[1:2:3:4:5:6:7:8]/…", "1:2:3:4:5:6:7:8"),
    ("https://[2a01::1]:8443/h", "https://[2a01::1]:8443/…", "2a01::1"),
    ("HTTPS://a.fr/h", "https://a.fr/…", "a.fr"), ("https://a-1.fr:1/h", "https://a-1.fr:1/…", "a-1.fr"),
    ("https://a.fr:65535/h", "https://a.fr:65535/…", "a.fr"), ("https://a.fr/!~", "https://a.fr/…", "a.fr"),
    ("https://a.fr", "https://a.fr/…", "a.fr"), ("https://a.fr/%C3%A9", "https://a.fr/…", "a.fr"),
  ])
  func `an address is read, and its host without brackets`(text: String, shown: String, host: String) throws {
    let address = try #require(WebhookAddress(text))
    #expect(address.text == text && address.shown == shown && address.host == host && address.isSecure)
  }

  @Test(arguments: [
    // Not in ASCII, or not to be seen.
    "https://a.fr/é", "https://é.fr/", "https://a.fr/\u{7F}", "https://a.fr/\u{80}", "https://a.fr/\u{0}",
    // Names that are shown as others, whichever letters they are written in, and wherever in the name.
    "https://xn--caf-dma.fr/h", "https://XN--CAF-DMA.fr/h", "https://a.xn--caf-dma.fr/h",
    // What is in no name of a host.
    "https://a_b.fr/h", "https://a;b.fr/h", "https://a,b/h", "https://a*b/h",
    // A host whose characters are hidden.
    "https://chat%2Efr/h", "https://localhos%74/h", "https://a%3A80/h", "https://a%3A%3Ab/h",
    "https://%5B2a01%3A%3A1%5D/h", "https://[fe80::1%25eth0]/h",
    // What is no address in brackets, or stands there without them.
    "https://[v1.a+b]/h", "https://[::1/h", "https://2a01::1/h", "https://a.fr:0/h", "https://a.fr:65536/h",
  ])
  func `what readers could read as another host is no address of a destination`(text: String) {
    #expect(WebhookAddress(text) == nil)
  }

  @Test func `an address has 2048 bytes at most`() {
    let start = "https://a/"
    let longest = start + String(repeating: "x", count: 2048 - start.utf8.count)
    #expect(WebhookAddress(longest)?.text == longest)
    #expect(WebhookAddress(longest + "x") == nil)
  }
}
