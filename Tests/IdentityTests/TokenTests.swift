import Foundation
import Testing

@testable import Identity

@Suite struct TokenTests {
  private let issuer = TestIssuer()

  @Test(arguments: [["alg": "ES256", "kid": "p"], ["alg": "EdDSA", "kid": "e"], ["alg": "RS256", "kid": "r"]])
  func `a token by a key of the issuer is believed`(header: [String: String]) throws {
    let claims = try issuer.verify(try issuer.token(TestIssuer.claims(["groups": ["/a"]]), header: header))
    #expect(claims.subject == "1f0e")
    #expect(claims.claims[path: ["groups"]]?.texts == ["/a"])
  }

  @Test(
    arguments: [
      (["alg": "none"], .algorithm), (["alg": "HS256"], .algorithm), (["alg": "RS512"], .algorithm),
      (["alg": "PS256", "kid": "r"], .algorithm), (["alg": nil], .algorithm), (["alg": "es256"], .algorithm),
      (["alg": 7], .algorithm),
      (["kid": nil], .noKey), (["kid": ""], .noKey), (["kid": 7], .noKey),
      (["kid": "other"], .unknownKey), (["kid": "e"], .signature), (["kid": "r"], .signature),
      (["alg": "EdDSA"], .signature),
      (["alg": "RS256"], .signature), (["crit": ["exp"]], .header("crit")), (["crit": [String]()], .header("crit")),
      (["typ": "logout+jwt"], .header("typ")), (["typ": 1], .header("typ")),
    ] as [([String: (any Sendable)?], TokenRefusal)])
  func `a header that could lead astray is refused`(
    change: [String: (any Sendable)?], refusal: TokenRefusal
  ) throws {
    let text = try issuer.token(TestIssuer.claims(), header: change)
    #expect(throws: refusal) { try issuer.verify(text) }
  }

  @Test(
    arguments: [
      (["iss": "https://issuer.example/realms/regie/"], .issuer), (["iss": nil], .issuer), (["iss": ["x"]], .issuer),
      (["aud": "other"], .audience), (["aud": nil], .audience), (["aud": [String]()], .audience),
      (["aud": 7], .audience),
      (["sub": nil], .subject), (["sub": ""], .subject), (["sub": "a b"], .subject), (["sub": 7], .subject),
      (["sub": String(repeating: "x", count: 256)], .subject), (["sub": "é"], .subject),
      (["exp": nil], .times), (["exp": "1800000300"], .times), (["exp": -1], .times), (["nbf": "x"], .times),
      (["iat": 1e300], .times), (["cnf": ["jkt": "x"]], .bound), (["typ": "ID"], .header("typ")),
      (["typ": "Refresh"], .header("typ")),
    ] as [([String: (any Sendable)?], TokenRefusal)])
  func `a claim that is wrong is refused`(change: [String: (any Sendable)?], refusal: TokenRefusal) throws {
    let text = try issuer.token(TestIssuer.claims(change))
    #expect(throws: refusal) { try issuer.verify(text) }
  }

  @Test(
    arguments: [
      ["aud": ["other", "regie"]], ["typ": "Bearer"], ["nbf": nil], ["iat": nil], ["exp": 1_800_000_000.5],
      ["sub": "5d0c1e7a-9c0f-4a83-b1f4-2a3c8e3f6d10"],
    ] as [[String: (any Sendable)?]])
  func `a claim that is right in another way is accepted`(change: [String: (any Sendable)?]) throws {
    _ = try issuer.verify(try issuer.token(TestIssuer.claims(change)))
  }

  @Test(arguments: ["nonce", "at_hash", "c_hash", "s_hash", "events"])
  func `a token that shows who somebody is, or that something happened, is no access token`(claim: String) throws {
    let claims = TestIssuer.claims([claim: "x"])
    #expect(throws: TokenRefusal.header(claim)) { try issuer.verify(try issuer.token(claims)) }
    #expect(throws: TokenRefusal.header(claim)) { try issuer.verify(try issuer.token(claims, header: ["typ": nil])) }
    // Those that say what they are may hold it.
    for type in ["at+jwt", "application/at+jwt"] {
      _ = try issuer.verify(try issuer.token(claims, header: ["typ": type]))
    }
    _ = try issuer.verify(try issuer.token(claims.merging(["typ": "Bearer"]) { $1 }))
  }

  @Test(
    arguments: [
      ("exp", -30, TokenRefusal.expired), ("exp", -29, nil), ("nbf", 30, nil), ("nbf", 31, .notYetValid),
      ("iat", 30, nil), ("iat", 31, .notYetValid),
    ] as [(String, Int64, TokenRefusal?)])
  func `a clock may be wrong by as much as was said, and no more`(
    claim: String, offset: Int64, refusal: TokenRefusal?
  ) throws {
    let text = try issuer.token(TestIssuer.claims([claim: TestIssuer.now + offset]))
    if let refusal {
      #expect(throws: refusal) { try issuer.verify(text) }
    } else {
      _ = try issuer.verify(text)
    }
  }

  @Test func `a token of which any character was changed is refused`() throws {
    let text = try issuer.token(TestIssuer.claims())
    let keys = try issuer.keySet()
    for index in text.indices where text[index] != "." {
      var changed = text
      changed.replaceSubrange(index...index, with: text[index] == "A" ? "B" : "A")
      #expect(throws: TokenRefusal.self, "\(index)") { try issuer.verify(changed, with: keys) }
    }
  }

  @Test(
    arguments: ["", ".", "..", "a.b", "a.b.c.d", "e30.e30", "e30=.e30.e30", "e30.e30.e3", "é.é.é", "W10.e30.e30"])
  func `what is no token is refused`(text: String) {
    #expect(throws: TokenRefusal.malformed) { try UnverifiedToken(text) }
  }

  /// Whoever reaches the service can send such a header, and nothing but its length is known before it is read.
  @Test(.timeLimit(.minutes(1)))
  func `a header that is deep and wide is not read to its end`() throws {
    let deep = String(repeating: #"{"":"#, count: 500)
    let wide = "[" + Array(repeating: "{}", count: 3200).joined(separator: ",") + "]"
    let header = deep + wide + String(repeating: "}", count: 500)
    let text = try issuer.signed(header: header, claims: "{}")
    try #require(text.utf8.count <= UnverifiedToken.longest)
    #expect(throws: TokenRefusal.malformed) { try UnverifiedToken(text) }
  }

  @Test func `what a token says within it is read to some depth`() throws {
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    func header(_ depth: Int) -> String { #"{"alg": "ES256", "kid": "p", "x": \#(nested(depth))}"# }
    func claims(_ depth: Int) -> String {
      let (now, name) = (TestIssuer.now, TestIssuer.name)
      return #"{"iss": "\#(name)", "sub": "x", "aud": "regie", "exp": \#(now + 300), "x": \#(nested(depth))}"#
    }
    _ = try issuer.verify(try issuer.signed(header: header(60), claims: claims(60)))
    for (first, second) in [(70, 1), (1, 70)] {
      let text = try issuer.signed(header: header(first), claims: claims(second))
      #expect(throws: TokenRefusal.malformed) { try issuer.verify(text) }
    }
  }

  /// Which of the two counts is for each reader to choose, and others may have chosen the other.
  @Test(
    arguments: [
      (#"{"alg": "ES256", "alg": "ES256", "kid": "p"}"#, "{}"), (#"{"alg": "ES256", "kid": "p", "kid": "p"}"#, "{}"),
      (#"{"alg": "ES256", "kid": "p"}"#, #"{"sub": "a", "sub": "b"}"#),
    ])
  func `a token that says something twice is refused`(header: String, claims: String) throws {
    let text = try issuer.signed(header: header, claims: claims)
    #expect(throws: TokenRefusal.malformed) { try issuer.verify(text) }
  }

  @Test func `a token that is too long is not read`() throws {
    let text = try issuer.token(TestIssuer.claims(["x": String(repeating: "x", count: UnverifiedToken.longest)]))
    #expect(throws: TokenRefusal.malformed) { try UnverifiedToken(text) }
  }

  @Test func `a signature with a tail, or in another form, is refused`() throws {
    let text = try issuer.token(TestIssuer.claims())
    #expect(throws: TokenRefusal.self) { try issuer.verify(text + "AA") }
    #expect(throws: TokenRefusal.self) { try issuer.verify(text + "=") }
    let parts = text.split(separator: ".")
    #expect(throws: TokenRefusal.signature) { try issuer.verify("\(parts[0]).\(parts[1]).") }
  }
}
