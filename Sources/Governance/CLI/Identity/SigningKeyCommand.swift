import ArgumentParser
import Crypto
import Events
import Foundation
import SystemPackage

/// `regie signing-key …`.
struct SigningKeyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "signing-key",
    abstract: "La clé dont la gouvernance signe. / The key that governance signs with.",
    subcommands: [SigningKeyNew.self, SigningKeyPublic.self])
}

/// `regie signing-key new --key FILE --public FILE`.
struct SigningKeyNew: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "new",
    abstract: "Faire une clé. / Make a key.",
    discussion: """
      La clé privée (REGIE_SIGNING_KEY_FILE) est écrite pour l'utilisateur seul ; la publique est un jeu de clés pour les
      agents (REGIE_VERIFICATION_KEYS_FILE). Aucun fichier qui existe n'est remplacé.
      The private key is written for this user alone; the public one is a key set for agents. No file that is there is replaced.
      """)

  @Option(name: .long, help: "Où écrire la clé privée. / Where the private key goes.")
  var key: String

  @Option(name: .customLong("public"), help: "Où écrire la clé publique. / Where the public key goes.")
  var publicKeys: String

  func run() throws {
    let made = Curve25519.Signing.PrivateKey()
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let ofAgents = try SigningKeyPublic.text(JSONWebKeySet([JSONWebKey(publicKey: made.publicKey)]))
    // The public half first: no key is used without it.
    try Self.write(ofAgents, to: publicKeys, [.ownerRead, .ownerWrite, .groupRead, .otherRead])
    do {
      try Self.write(try encoder.encode(JSONWebKey(privateKey: made)), to: key, [.ownerRead, .ownerWrite])
    } catch {
      unlink(publicKeys)
      throw error
    }
    Console.print(JSONWebKey(publicKey: made.publicKey).keyID)
  }

  /// - Throws: `ValidationError` where it can not be written, and where something is there: whoever loses a key that has signed
  ///   can not sign in its name any more.
  private static func write(_ data: Data, to path: String, _ permissions: FilePermissions) throws {
    do {
      let descriptor = try FileDescriptor.open(
        FilePath(path), .writeOnly, options: [.create, .exclusiveCreate], permissions: permissions)
      try descriptor.closeAfter { _ = try descriptor.writeAll(data + Data("\n".utf8)) }
    } catch let error as Errno where error == .fileExists {
      throw ValidationError("\(path) existe déjà ; donnez un autre nom / is there already; give another name")
    } catch {
      throw ValidationError("\(path) ne peut être écrit / can not be written: \(error)")
    }
  }
}

/// `regie signing-key public FILE…`.
struct SigningKeyPublic: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "public",
    abstract: "Les clés publiques de plusieurs fichiers, en un jeu. / The public keys of several files, as one set.",
    discussion: """
      Chaque fichier est une clé privée ou publique (JWK), ou un jeu de clés (JWKS). Une clé n'y figure qu'une fois, et jamais
      sa partie privée.
      Each file is a private or public key (JWK), or a key set (JWKS). A key is there once, and never its private part.

      Codes de sortie : 0 fait ; 2 fichier illisible. / Exit codes: 0 done; 2 a file can not be read.
      """)

  @Argument(help: "Fichiers de clés, ou -. / Files of keys, or -.")
  var files: [String]

  func run() throws {
    Console.print(String(decoding: try Self.text(try set()), as: UTF8.self))
  }

  /// - Throws: `ExitCode` 2, having said why.
  func set() throws -> JSONWebKeySet {
    var keys: [JSONWebKey] = []
    for file in files {
      for key in try Self.keys(in: file) where !keys.contains(where: { $0.keyID == key.keyID }) { keys.append(key) }
    }
    return JSONWebKeySet(keys)
  }

  static func text(_ set: JSONWebKeySet) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    return try encoder.encode(set)
  }

  /// - Throws: `ExitCode` 2, having said why.
  private static func keys(in file: String) throws -> [JSONWebKey] {
    do {
      let data = try ResourceFiles.data(of: file)
      if let set = try? JSONWebKeySet.read(data) {
        _ = try EventVerifier(set)
        return set.keys
      }
      if let key = try? JSONDecoder().decode(JSONWebKey.self, from: data), key.d == nil {
        _ = try EventVerifier(JSONWebKeySet([key]))
        return [key]
      }
      return [try EventSigner(jsonWebKey: data).publicKey]
    } catch let error as ValidationError {
      throw unreadable(error.message)
    } catch {
      throw unreadable("\(file) : \(error)")
    }
  }

  private static func unreadable(_ message: String) -> ExitCode {
    Console.note("regie: \(message)")
    return ExitCode(ExitStatus.unreadable)
  }
}
