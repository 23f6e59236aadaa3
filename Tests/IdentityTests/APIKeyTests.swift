import Testing

@testable import Identity

@Suite struct APIKeyTests {
  private func key(_ byte: UInt8 = 7) throws -> APIKey {
    try #require(APIKey(identifier: Array(repeating: 1, count: 8), secret: Array(repeating: byte, count: 32)))
  }

  private func grant(_ key: APIKey, expires: Int64 = 100, revoked: Bool = false, readOnly: Bool = false) -> KeyGrant {
    KeyGrant(
      identifier: key.identifier, digest: key.digest, roles: [.console], isReadOnly: readOnly, expiresAt: expires,
      isRevoked: revoked)
  }

  @Test func `a key is read as it is shown, and its digest shows nothing of it`() throws {
    let key = try key()
    #expect(APIKey(key.text) == key)
    #expect(key.text.hasPrefix("rgk_0101010101010101_0707"))
    #expect(key.digest.count == 32)
    #expect(APIKey(identifier: [], secret: []) == nil)
  }

  @Test func `a key of which any character was changed, lost or added is none`() throws {
    let text = try key().text
    for index in text.indices {
      var changed = text
      changed.replaceSubrange(index...index, with: text[index] == "0" ? "1" : "0")
      #expect(APIKey(changed) == nil, "\(index)")
      var shorter = text
      shorter.remove(at: index)
      #expect(APIKey(shorter) == nil)
    }
    for changed in ["", " " + text, text + "0", text.uppercased(), text.replacing("rgk_", with: "rgk-")] {
      #expect(APIKey(changed) == nil)
    }
  }

  @Test func `the holder of a key is who the grant says, until it expires`() throws {
    let key = try key()
    let caller = try grant(key, readOnly: true).caller(showing: key, at: 99)
    #expect(caller.principal == "key:0101010101010101" && caller.roles == [.console] && caller.isReadOnly)
    #expect(throws: KeyRefusal.expired) { try grant(key).caller(showing: key, at: 100) }
    #expect(throws: KeyRefusal.revoked) { try grant(key, revoked: true).caller(showing: key, at: 0) }
  }

  @Test func `who only knows a key's name is told nothing of it`() throws {
    let guess = try key(8)
    for grant in [grant(try key()), grant(try key(), revoked: true), grant(try key(), expires: 0)] {
      #expect(throws: KeyRefusal.unknown) { try grant.caller(showing: guess, at: 50) }
    }
  }
}
