import Crypto
import Foundation
import Testing

@testable import Identity

@Suite struct KeySetTests {
  private let issuer = TestIssuer()

  @Test(
    arguments: [
      ["use": "enc"], ["alg": "ES384"], ["kty": "oct"], ["kid": ""], ["x": "!"], ["crv": "P-521"], ["kty": 7],
    ] as [[String: any Sendable]])
  func `a key that is not for signatures of the list is left out`(change: [String: any Sendable]) throws {
    // What concerns curves only leaves the RSA key as it is.
    let left = try issuer.keySet(changing: change).names
    #expect(left == (Set(change.keys).isSubset(of: ["x", "crv"]) ? ["r"] : []))
    let good = TestIssuer()
    var spoiled = try #require(
      try JSONSerialization.jsonObject(with: JSONSerialization.data(withJSONObject: change)) as? [String: Any])
    spoiled["kid"] = spoiled["kid"] ?? "spoiled"
    #expect(
      try good.keySet(more: [spoiled, ["kty": "RSA", "kid": "small", "n": "AQAB", "e": "AQAB"]]).names == [
        "e", "p", "r",
      ])
  }

  @Test func `of two keys with one name none is believed`() throws {
    let other = TestIssuer()
    let more: [String: Any] = [
      "kty": "OKP", "crv": "Ed25519", "kid": "p",
      "x": Base64URL.encode(other.ed25519.publicKey.rawRepresentation),
    ]
    #expect(try issuer.keySet(more: [more]).names == ["e", "r"])
  }

  @Test(arguments: ["", "{}", "[]", #"{"keys": {}}"#, #"{"keys": null}"#])
  func `what is no key set is refused`(text: String) {
    #expect(throws: KeySetError.self) { try KeySet(json: Data(text.utf8)) }
  }

  @Test(arguments: [#"{"keys": []}"#, #"{"keys": [{"kty": "EC", "crv": "P-384", "kid": "k"}, 7]}"#])
  func `a set without a key that could be used is an empty one`(text: String) throws {
    #expect(try KeySet(json: Data(text.utf8)).isEmpty)
  }
}
