import ArgumentParser
import Contract
import Foundation
import Testing

@testable import CLI

/// How the service is found: flag, then environment, then context.
struct ClientOptionsTests {
  private func server(_ arguments: [String] = [], _ environment: [String: String] = [:]) throws -> String {
    try ClientOptions.parse(arguments).client(environment: environment).server
  }

  private func withContexts(_ body: (String) throws -> Void) throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("regie-\(UUID().uuidString).yaml").path
    try write(
      "contexts:\n  prod: {server: https://regie.example}\n  dev: {server: http://127.0.0.1:9/}\n", to: path)
    defer { try? FileManager.default.removeItem(atPath: path) }
    try body(path)
  }

  @Test func `without anything it is this machine`() throws {
    #expect(try server() == "http://127.0.0.1:8080")
  }

  @Test func `the flag wins over everything`() throws {
    let environment = ["REGIE_SERVER": "http://b", "REGIE_CONTEXT": "prod"]
    #expect(try server(["--server", "http://a/"], environment) == "http://a")
  }

  @Test func `a context that is named wins over the environment's server, and the server over its context`() throws {
    try withContexts { (path) throws in
      let environment = ["REGIE_SERVER": "http://b", "REGIE_CONTEXT": "prod", "REGIE_CONFIG": path]
      #expect(try server(["--context", "dev"], environment) == "http://127.0.0.1:9")
      #expect(try server([], environment) == "http://b")
      #expect(try server([], ["REGIE_CONTEXT": "prod", "REGIE_CONFIG": path]) == "https://regie.example")
    }
  }

  @Test func `the file is that of the home folder unless another is named`() throws {
    let error = #expect(throws: ValidationError.self) {
      _ = try server([], ["REGIE_CONTEXT": "x", "HOME": "/nowhere"])
    }
    #expect(error?.message.hasPrefix("/nowhere/.config/regie/config.yaml") == true)
  }

  @Test func `a context that is not there is told with those that are`() throws {
    try withContexts { path in
      let error = #expect(throws: ValidationError.self) {
        _ = try server(["--context", "test"], ["REGIE_CONFIG": path])
      }
      #expect(error?.message.contains("« test » ; il y a : dev, prod") == true)
    }
  }

  @Test(arguments: ["", "localhost:8080", "ftp://x", "http://", "/a"])
  func `what is no address is refused, with where it came from`(text: String) throws {
    let flag = #expect(throws: ValidationError.self) { _ = try server(["--server", text]) }
    #expect(flag?.message.hasPrefix("--server") == true)
    if !text.isEmpty {
      let variable = #expect(throws: ValidationError.self) { _ = try server([], ["REGIE_SERVER": text]) }
      #expect(variable?.message.hasPrefix("REGIE_SERVER") == true)
    }
  }

  @Test(arguments: [
    "http://me:s3cret@regie.example", "https://me:s3cret@regie.example", "https://s3cret@regie.example",
    "ftp://me:s3cret@regie.example", "me:s3cret@ regie.example",
  ])
  func `an address with a user or a password is refused, and not shown`(text: String) throws {
    let flag = #expect(throws: ValidationError.self) { _ = try server(["--server", text]) }
    #expect(flag?.message.hasPrefix("--server") == true && flag?.message.contains("s3cret") == false)
    let variable = #expect(throws: ValidationError.self) { _ = try server([], ["REGIE_SERVER": text]) }
    #expect(variable?.message.hasPrefix("REGIE_SERVER") == true && variable?.message.contains("s3cret") == false)
    #expect(try server(["--server", "https://regie.example/a@b"]) == "https://regie.example/a@b")
  }

  @Test func `an empty variable is not set`() throws {
    #expect(try server([], ["REGIE_SERVER": "", "REGIE_CONTEXT": ""]) == "http://127.0.0.1:8080")
    #expect(try ClientOptions.parse([]).language(["REGIE_LANG": ""]) == .fr)
    let error = #expect(throws: ValidationError.self) {
      _ = try server([], ["REGIE_CONTEXT": "x", "REGIE_CONFIG": "", "HOME": "/nowhere"])
    }
    #expect(error?.message.hasPrefix("/nowhere/.config/regie/config.yaml") == true)
    #expect(try Login.parse([]).client(["REGIE_OIDC_CLIENT": ""]) == "regie")
    #expect(try Login.parse([]).client(["REGIE_OIDC_CLIENT": "portail"]) == "portail")
    #expect(try Login.parse(["--client-id", "cli"]).client(["REGIE_OIDC_CLIENT": "portail"]) == "cli")
  }

  @Test func `sentences are French unless asked for otherwise`() throws {
    #expect(try ClientOptions.parse([]).language([:]) == .fr)
    #expect(try ClientOptions.parse([]).language(["REGIE_LANG": "en"]) == .en)
    #expect(try ClientOptions.parse(["--lang", "fr"]).language(["REGIE_LANG": "en"]) == .fr)
    #expect(throws: ValidationError.self) { _ = try ClientOptions.parse([]).language(["REGIE_LANG": "xx"]) }
  }
}
