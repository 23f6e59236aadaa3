import Testing

@testable import Requests

/// Where deliveries may go.
struct NetworkGuardTests {
  @Test(arguments: [
    "127.0.0.1", "127.255.255.254", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "0.0.0.0", "192.0.0.192", "198.18.0.1", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1",
    "fc00::1", "fd12:3456::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:10.0.0.1", "64:ff9b::a00:1",
    "::127.0.0.1", "2002:7f00:1::", "2001:db8::1",
    // What only looks like IPv4 inside IPv6 is not taken for the address at its end.
    "fd00::ffff:8.8.8.8", "fe80::ffff:8.8.8.8", "::ff:8.8.8.8", "::ff00:8.8.8.8", "::1:ffff:8.8.8.8",
    // What is not understood is refused too.
    "127.1", "0x7f.0.0.1", "0177.0.0.1", "2130706433", "fe80::1%eth0", "1::2::3", "1:2:3", "", "localhost", "1.2.3.4.5",
    "12345::", "2a01:e0a:1", "2a01:1:2:3:4:5:6:7:8", "2a01:1:2:3:4:5:6:7::", "2a01::1:2:3:4:5:6:7",
  ])
  func `to what is not public nothing is delivered`(address: String) {
    #expect(!NetworkGuard().permits(address))
  }

  @Test(arguments: [
    "8.8.8.8", "172.32.0.1", "172.15.255.255", "100.128.0.1", "9.255.255.255", "11.0.0.0", "192.167.255.255",
    "2a01:e0a::1", "2606:4700:4700::1111", "::ffff:8.8.8.8",
    // Without a gap, with one of a single group, and with the digits of a private IPv4 address at the end.
    "2a01:e0a:0:0:0:0:0:1", "2a01:1:2:3:4:5:6::", "2a01::2:3:4:5:6:7", "2a01::ffff:10.0.0.1",
  ])
  func `to what is public it is`(address: String) {
    #expect(NetworkGuard().permits(address))
  }

  /// The first and the last address of every block that is not public.
  @Test(arguments: [
    ("0.0.0.0", "0.255.255.255"), ("10.0.0.0", "10.255.255.255"), ("100.64.0.0", "100.127.255.255"),
    ("127.0.0.0", "127.255.255.255"), ("169.254.0.0", "169.254.255.255"), ("172.16.0.0", "172.31.255.255"),
    ("192.0.0.0", "192.0.0.255"), ("192.0.2.0", "192.0.2.255"), ("192.88.99.0", "192.88.99.255"),
    ("192.168.0.0", "192.168.255.255"), ("198.18.0.0", "198.19.255.255"), ("198.51.100.0", "198.51.100.255"),
    ("203.0.113.0", "203.0.113.255"), ("224.0.0.0", "255.255.255.255"), ("::", "ff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ("64:ff9b::", "64:ff9b::255.255.255.255"), ("64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff"),
    ("100::", "100::ffff:ffff:ffff:ffff"), ("2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"), ("2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ("fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), ("fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ("fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), ("ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    // Documentation, segment routing, and all that was never given out.
    ("3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff"), ("5f00::", "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ("100:0:0:1::", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ("4000::", "7fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), ("8000::", "fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ("fe00::", "fe7f:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
  ])
  func `no block that is not public is open at its ends`(first: String, last: String) {
    #expect(!NetworkGuard().permits(first) && !NetworkGuard().permits(last))
  }

  /// What lies right before and right after such blocks.
  @Test(arguments: [
    "1.0.0.0", "100.63.255.255", "126.255.255.255", "128.0.0.0", "169.253.255.255", "169.255.0.0", "191.255.255.255",
    "192.0.1.0", "192.0.1.255", "192.0.3.0", "192.88.98.255", "192.88.100.0", "192.169.0.0", "198.17.255.255",
    "198.20.0.0", "198.51.99.255", "198.51.101.0", "203.0.112.255", "203.0.114.0", "223.255.255.255",
    "2000::", "2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:200::", "2001:db7:ffff::1", "2001:db9::",
    "2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2003::", "3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "3fff:1000::",
  ])
  func `beside such a block is the public Internet`(address: String) {
    #expect(NetworkGuard().permits(address))
  }

  @Test func `networks that are allowed are, those beside them are not`() throws {
    let blocks = try ["10.20.0.0/15", "fd00:1::/32", "127.0.0.1/32"].map { try #require(NetworkGuard.Block($0)) }
    let network = NetworkGuard(allowed: blocks)
    for (address, isPermitted) in [
      ("10.20.0.1", true), ("10.21.255.255", true), ("10.22.0.0", false), ("10.19.255.255", false),
      ("::ffff:10.20.0.1", true), ("fd00:1::5", true), ("fd00:2::5", false), ("127.0.0.1", true), ("127.0.0.2", false),
      ("8.8.8.8", true),
    ] {
      #expect(network.permits(address) == isPermitted, "\(address)")
    }
  }

  @Test(arguments: ["10.0.0.0", "10.0.0.0/33", "10.0.0.0/-1", "fd00::/129", "a/8", "/8", "10.0.0.0/8/8", ""])
  func `what is no block is not taken for one`(text: String) {
    #expect(NetworkGuard.Block(text) == nil)
  }

  @Test(arguments: [
    ("https://chat.example.fr/hooks/abc", "https://chat.example.fr/…", "chat.example.fr", true),
    ("http://10.0.0.1:8065/hooks/abc?x=1", "http://10.0.0.1:8065/…", "10.0.0.1", false),
    ("https://[2a01::1]/h", "https://[2a01::1]/…", "2a01::1", true),
  ])
  func `of an address only what is no secret is shown`(text: String, shown: String, host: String, isSecure: Bool) throws
  {
    let address = try #require(WebhookAddress(text))
    #expect(address.shown == shown && address.host == host && address.isSecure == isSecure && address.text == text)
  }

  @Test(arguments: [
    "ftp://a/b", "https://user:secret@a/b", "https://user@a/b", "https://a/b#c", "https:///b", "a", "",
    "file:///etc/passwd",
    "https://a/ b", "https://a/\r\nX: y", "https://a:99999/",
  ])
  func `what is no address of a destination is not taken for one`(text: String) {
    #expect(WebhookAddress(text) == nil)
  }
}
