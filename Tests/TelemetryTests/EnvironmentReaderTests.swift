import Foundation
import Logging
import Testing

@testable import Telemetry

struct EnvironmentReaderTests {
  private enum Colour: String, CaseIterable {
    case red, green
  }

  private func read<Value>(
    _ environment: [String: String], _ body: (inout EnvironmentReader) -> Value
  ) throws(EnvironmentErrors) -> Value {
    try EnvironmentReader.read(environment: environment, body)
  }

  private func error<Value>(
    _ environment: [String: String], _ body: (inout EnvironmentReader) -> Value
  ) -> [String] {
    do throws(EnvironmentErrors) {
      _ = try read(environment, body)
      return []
    } catch {
      return error.errors.map(\.description)
    }
  }

  @Test func `every kind reads its value`() throws {
    let seconds = Duration.zero ... .seconds(3600)
    let environment = [
      "S": "x", "I": "-3", "P": "1024", "B": "TRUE", "D": "1m30s", "L": " a, b ,c", "C": "green",
      "A": "[::1]:9000", "LOG_LEVEL": "debug",
    ]
    try read(environment) { env in
      #expect(env.string("S", "d") == "x")
      #expect(env.string("S", default: "y", "d") == "x")
      #expect(env.optionalString("S", "d") == "x")
      #expect(env.integer("I", in: -5...5, "d") == -3)
      #expect(env.integer("I", default: 1, in: -5...5, "d") == -3)
      #expect(env.optionalInteger("I", in: -5...5, "d") == -3)
      #expect(env.port("P", "d") == 1024)
      #expect(env.port("P", default: 2000, "d") == 1024)
      #expect(env.optionalPort("P", "d") == 1024)
      #expect(env.boolean("B", "d") == true)
      #expect(env.boolean("B", default: false, "d") == true)
      #expect(env.optionalBoolean("B", "d") == true)
      #expect(env.duration("D", in: seconds, "d") == .seconds(90))
      #expect(env.duration("D", default: .seconds(1), in: seconds, "d") == .seconds(90))
      #expect(env.optionalDuration("D", in: seconds, "d") == .seconds(90))
      #expect(env.list("L", "d") == ["a", "b", "c"])
      #expect(env.list("L", default: [], "d") == ["a", "b", "c"])
      #expect(env.optionalList("L", "d") == ["a", "b", "c"])
      #expect(env.choice("C", standIn: Colour.red, "d") == .green)
      #expect(env.choice("C", default: Colour.red, "d") == .green)
      #expect(env.listenAddress("A", "d") == ListenAddress(host: "::1", port: 9000))
      #expect(env.listenAddress("A", default: ListenAddress(host: "x", port: 1), "d").port == 9000)
      #expect(env.optionalListenAddress("A", "d")?.host == "::1")
      #expect(env.logLevel() == .debug)
    }
  }

  @Test(
    arguments: [
      ("https://me:s3cret@host/x", "'https://…@host/x'"), ("https://me:s3/c:r@et@host", "'https://…@host'"),
      ("https://s3cret@host", "'https://…@host'"), ("me:s3cret@host", "'…@host'"),
      ("http://a:s3cret@b,http://c:s3cret@d", "'http://…@d'"),
      ("git@host", "'git@host'"), ("http://host", "'http://host'"), ("soon", "'soon'"),
    ])
  func `no password of an address that is refused is told`(text: String, told: String) {
    let errors = error(["A": text]) { env in
      _ = env.optionalParsed("A", accepts: "nothing", "d") { _ in String?.none }
      _ = env.parsed("A", standIn: "", accepts: "nothing", "d") { _ in nil }
    }
    #expect(errors == Array(repeating: "A: found \(told); accepted: nothing", count: 2))
  }

  @Test func `unset and empty give the default or nothing`() throws {
    try read(["S": ""]) { env in
      #expect(env.string("S", default: "y", "d") == "y")
      #expect(env.optionalString("S", "d") == nil)
      #expect(env.optionalInteger("I", in: 0...1, "d") == nil)
      #expect(env.list("L", default: ["z"], "d") == ["z"])
      #expect(env.choice("C", default: Colour.red, "d") == .red)
      #expect(env.logLevel() == .info)
    }
  }

  @Test func `all errors are told at once, each with the name, what was found and what is accepted`() {
    let errors = error(["I": "ten", "P": "80", "B": "maybe", "L": "a,,b", "LOG_LEVEL": "loud", "A": "8080"]) { env in
      _ = env.string("S", "d")
      _ = env.integer("I", default: 1, in: 0...5, "d")
      _ = env.port("P", "d")
      _ = env.optionalBoolean("B", "d")
      _ = env.list("L", "d")
      _ = env.logLevel()
      _ = env.listenAddress("A", "d")
    }
    #expect(
      errors == [
        "S: found nothing; accepted: a text",
        "I: found 'ten'; accepted: an integer from 0 to 5",
        "P: found '80'; accepted: an integer from 1024 to 65535",
        "B: found 'maybe'; accepted: true or false",
        "L: found 'a,,b'; accepted: texts separated by commas, none of them empty",
        "LOG_LEVEL: found 'loud'; accepted: one of trace, debug, info, notice, warning, error, critical",
        "A: found '8080'; accepted: host:port such as 127.0.0.1:8080 or [::1]:8080, port 1024 to 65535",
      ])
  }

  @Test func `the errors print as a list, or as one`() {
    let one = EnvironmentErrors(errors: [.init(variable: "A", found: "nothing", accepted: "x")])
    let two = EnvironmentErrors(errors: one.errors + one.errors)
    #expect(one.description == "the environment has 1 error:\n  A: found nothing; accepted: x")
    #expect(two.description.hasPrefix("the environment has 2 errors:\n  A"))
  }

  @Test func `durations are held to their range, which is told`() {
    let errors = error(["D": "10ms"]) {
      $0.duration("D", in: .milliseconds(250) ... .seconds(5400), "d")
    }
    #expect(
      errors == [
        "D: found '10ms'; accepted: a duration such as 250ms, 5s, 1m30s, 2h or 7d, from 250ms to 1h30m"
      ])
  }

  @Test func `values of one's own kind`() throws {
    func parse(_ text: String) -> Character? { text.count == 1 ? text.first : nil }
    try read(["X": "x"]) { env in
      #expect(env.parsed("X", standIn: "?", accepts: "one letter", "d", parse: parse) == "x")
      #expect(env.parsed("Y", default: "y", defaultText: "y", accepts: "one letter", "d", parse: parse) == "y")
      #expect(env.optionalParsed("Y", accepts: "one letter", "d", parse: parse) == nil)
    }
    let errors = error(["X": "xx"]) { $0.parsed("X", standIn: "?", accepts: "one letter", "d", parse: parse) }
    #expect(errors == ["X: found 'xx'; accepted: one letter"])
  }

  @Test func `golden: the same settings document themselves`() {
    let variables = EnvironmentReader.variables { env in
      _ = env.string("S", "Required | text.")
      _ = env.duration("D", default: .milliseconds(1500), in: .zero ... .seconds(5), "A time.")
      _ = env.optionalString("O", "A text or none.")
      _ = env.list("L", default: [], "Some.")
      _ = env.boolean("B", default: true, "A flag.")
      _ = env.listenAddress("A", default: ListenAddress(host: "::1", port: 8080), "An address.")
    }
    #expect(variables.map(\.name) == ["S", "D", "O", "L", "B", "A"])
    #expect(variables.map(\.defaultText) == [nil, "1s500ms", nil, "none", "true", "[::1]:8080"])
    #expect(
      EnvironmentVariable.markdown(Array(variables.prefix(3))) == #"""
        | variable | meaning | accepted | if unset |
        |---|---|---|---|
        | `S` | Required \| text. | a text | required |
        | `D` | A time. | a duration such as 250ms, 5s, 1m30s, 2h or 7d, from 0s to 5s | default 1s500ms |
        | `O` | A text or none. | a text | optional |

        """#)
    #expect(
      EnvironmentVariable.text(Array(variables.prefix(1))) == """
          S
              Required | text.
              a text; required

        """)
  }

  @Test func `variables that nobody asked for are told`() throws {
    let unknown = try read(["REGIE_A": "1", "REGIE_PROT": "2", "OTHER": "3"]) { env in
      _ = env.string("REGIE_A", "d")
      return env.unknownVariables(prefix: "REGIE_")
    }
    #expect(unknown == ["REGIE_PROT"])
  }

  @Test func `nothing is read from a file in place of a variable, and a file that is named for one is told`() throws {
    let unknown = try read(["REGIE_A": "1", "REGIE_A_FILE": "/s", "REGIE_K_FILE": "/s"]) { env in
      _ = env.string("REGIE_A", "d")
      _ = env.optionalString("REGIE_K_FILE", "d")
      return env.unknownVariables(prefix: "REGIE_")
    }
    #expect(unknown == ["REGIE_A_FILE"])
  }

  @Test func `what Kubernetes sets for Services of this name is not told as misspelt`() throws {
    let ofService = [
      "REGIE_API_SERVICE_HOST", "REGIE_API_SERVICE_PORT", "REGIE_API_SERVICE_PORT_HTTP", "REGIE_API_PORT",
      "REGIE_API_PORT_8080_TCP", "REGIE_API_PORT_8080_TCP_ADDR", "REGIE_API_PORT_53_UDP_PROTO",
    ]
    let misspelt = ["REGIE_PORT_TCP", "REGIE_SERVICE_CONTRACT"]
    let set = Dictionary(uniqueKeysWithValues: (ofService + misspelt).map { ($0, "x") })
    #expect(try read(set) { $0.unknownVariables(prefix: "REGIE_") } == misspelt)
  }

  @Test func `reads the process's own environment unless told otherwise`() throws {
    let searchPath = try EnvironmentReader.read { $0.optionalString("PATH", "d") }
    #expect(searchPath != nil)
  }
}
