import ArgumentParser
import Crypto
import Events
import Foundation
import TestSupport
import Testing

@testable import CLI

/// Keys that governance signs with, as files.
struct SigningKeyTests {
  private static func withFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("keys-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body(folder)
  }

  private static func make(_ name: String, in folder: String) throws -> (key: String, set: String) {
    let (key, set) = ("\(folder)/\(name).json", "\(folder)/\(name)-public.json")
    try SigningKeyNew.parse(["--key", key, "--public", set]).run()
    return (key, set)
  }

  private static func data(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }

  @Test func `what is signed by the one is believed by the other, and nobody else reads the private one`() throws {
    try Self.withFolder { folder in
      let made = try Self.make("a", in: folder)
      let signer = try EventSigner(jsonWebKey: try Self.data(made.key))
      let set = try JSONWebKeySet.read(try Self.data(made.set))
      try EventVerifier(set).verify(try signer.sign([1, 2, 3]), over: [1, 2, 3])
      #expect(set.keys.map(\.keyID) == [signer.keyID] && set.keys.allSatisfy { $0.d == nil })
      let permissions = try FileManager.default.attributesOfItem(atPath: made.key)[.posixPermissions] as? Int
      #expect(permissions == 0o600)
    }
  }

  @Test func `a key that is there is not replaced, nor is a new one left without its public half`() throws {
    try Self.withFolder { folder in
      let made = try Self.make("a", in: folder)
      let before = try Self.data(made.key)
      #expect(throws: ValidationError.self) { try Self.make("a", in: folder) }
      #expect(try Self.data(made.key) == before)
      #expect(throws: ValidationError.self) {
        try SigningKeyNew.parse(["--key", "\(folder)/b.json", "--public", made.set]).run()
      }
      #expect(!FileManager.default.fileExists(atPath: "\(folder)/b.json"))
    }
  }

  @Test func `private keys, public ones and sets become one set, each key once`() throws {
    try Self.withFolder { folder in
      let (first, second) = (try Self.make("a", in: folder), try Self.make("b", in: folder))
      let signers = try [first, second].map { try EventSigner(jsonWebKey: try Self.data($0.key)) }
      let bare = "\(folder)/bare.json"
      try JSONEncoder().encode(signers[1].publicKey).write(to: URL(fileURLWithPath: bare))
      let command = try SigningKeyPublic.parse([first.key, first.set, bare, second.key])
      let set = try command.set()
      #expect(set.keys.map(\.keyID) == signers.map(\.keyID) && set.keys.allSatisfy { $0.d == nil })
    }
  }

  @Test(arguments: [#"{"keys": []}"#, "{}", "no key", #"{"kty": "RSA", "crv": "x", "x": "AA"}"#])
  func `what is no key is refused`(text: String) throws {
    try Self.withFolder { folder in
      let path = "\(folder)/x.json"
      try Data(text.utf8).write(to: URL(fileURLWithPath: path))
      let command = try SigningKeyPublic.parse([path])
      #expect(throws: ExitCode(ExitStatus.unreadable)) { try command.set() }
    }
  }
}
