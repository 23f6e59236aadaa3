import API
import AsyncHTTPClient
import Foundation
import Identity
import Logging
import Model
import ServiceLifecycle
import Store
import Telemetry

/// Puts together what callers are known by.
struct IdentityWiring: Sendable {
  let authentication: Authentication
  let services: [any Service]
  private let client: HTTPClient?

  /// - Throws: ``StartError`` for files that can not be read or are not what they should be.
  init(_ settings: IdentitySettings, store: GovernanceStore, health: HealthRegistry, logger: Logger) throws {
    guard case .oidc(let issuer) = settings else {
      logger.warning("Callers are not known: whoever reaches this address may do everything")
      (authentication, services, client) = (.none, [], nil)
      return
    }
    let mapping = try Self.mapping(issuer.rolesFile)
    // Keys are asked for again when they are half as old, and whatever comes of that is told.
    let silence = KeySetMachine.Limits().refresh * 2
    let check = try health.register("oidc", component: "issuer", role: .informative, staleAfter: silence)
    let fetcher: any KeySetFetcher
    if let path = issuer.keysFile {
      let file = FileKeys(path: path)
      do {
        try file.checkAtStart()
      } catch {
        throw StartError(
          "REGIE_OIDC_KEYS_FILE", "\(error)", wanted: "a file with the issuer's JSON Web Key Set is wanted")
      }
      (fetcher, client) = (file, nil)
    } else {
      let http: HTTPClient
      do {
        http = try IssuerKeys.client(authority: issuer.authorityFile)
      } catch {
        throw StartError(
          "REGIE_OIDC_CA_FILE", "\(issuer.authorityFile ?? ""): \(error)", wanted: "certificates in PEM are wanted")
      }
      // Nothing fails from here on: whoever has this gives it back.
      (fetcher, client) = (IssuerKeys(issuer: issuer.address, client: http), http)
    }
    let keys = KeySource(fetcher: fetcher, health: check, logger: logger)
    let uses = KeyUses(store: store, logger: logger)
    let verifier = TokenVerifier(
      issuer: issuer.address, audiences: Set(issuer.audiences), skew: issuer.skew.components.seconds)
    authentication = .required(
      CredentialAuthenticator(
        tokens: .init(verifier: verifier, mapping: mapping, keys: keys), store: store, uses: uses))
    services = [keys, uses]
  }

  /// Gives back what was opened.
  func close() async {
    try? await client?.shutdown()
  }

  private static func mapping(_ path: String) throws -> RoleMapping {
    let wanted = "a YAML file is wanted: roles: [{group: /console/admin, role: governance-admin}]"
    guard let data = FileManager.default.contents(atPath: path), let text = String(validating: data, as: UTF8.self)
    else { throw StartError("REGIE_OIDC_ROLES_FILE", "\(path) can not be read", wanted: wanted) }
    do {
      return try RoleMapping(text)
    } catch let error as DocumentErrors {
      let problems = error.problems.map(\.description).joined(separator: "; ")
      throw StartError("REGIE_OIDC_ROLES_FILE", "\(path): \(problems)", wanted: wanted)
    } catch {
      throw StartError("REGIE_OIDC_ROLES_FILE", "\(path): \(error)", wanted: wanted)
    }
  }
}
