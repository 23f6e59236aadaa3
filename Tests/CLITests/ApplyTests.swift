import Contract
import Foundation
import Model
import TestSupport
import Testing

/// `regie apply`: files, folders and standard input, in the order that kinds need.
@Suite(.timeLimit(.minutes(3)))
struct ApplyTests {
  private func withService(
    status: Int = 201, _ body: @Sendable (StubService, String) async throws -> Void
  ) async throws {
    try await StubService.with({ StubService.Answer($0.body, status: status) }, body)
  }

  @Test func `a folder is applied whole, operators before what names them`() async throws {
    try await withService { stub, url in
      try await withFolder { folder in
        try FileManager.default.createDirectory(atPath: "\(folder)/deep", withIntermediateDirectories: false)
        try write(Samples.chainYAML, to: "\(folder)/a.yaml")
        try write(Samples.operatorYAML, to: "\(folder)/deep/b.yml")
        try write("not: read", to: "\(folder)/notes.txt")
        let run = try await Run.regie("apply", "-f", folder, "--server", url)
        #expect(run.code == 0)
        #expect(run.output == "operator/dtnum créé / created\nchain/principale créé / created\n")
        #expect(
          stub.requests.map { "\($0.method) \($0.path)" } == [
            "PUT /api/v1/operators/dtnum", "PUT /api/v1/chains/principale",
          ])
      }
    }
  }

  @Test func `JSON, several documents and several files go together`() async throws {
    try await withService(status: 200) { stub, url in
      try await withFolder { folder in
        let json = String(
          decoding: try ModelJSON.encoder.encode(try Samples.resource(Samples.chainYAML)), as: UTF8.self)
        try write(json, to: "\(folder)/chain.json")
        try write(
          Samples.operatorYAML + "\n---\n" + Samples.operatorYAML.replacing("dtnum}", with: "anfsi}"),
          to: "\(folder)/operators.yaml")
        let run = try await Run.regie(
          "apply", "-f", "\(folder)/chain.json", "-f", "\(folder)/operators.yaml", "-o", "yaml", "--server", url)
        #expect(run.code == 0)
        #expect(run.output.contains("operator/anfsi à jour / up to date"))
        #expect(stub.requests.map(\.path).last == "/api/v1/chains/principale" && stub.requests.count == 3)
        #expect(stub.requests.allSatisfy { $0.headers["content-type"] == "application/json" })
      }
    }
  }

  @Test func `what the service warns of is printed with the resource that it is about`() async throws {
    try await StubService.with({ request in
      var answer = StubService.Answer(request.body, status: 200)
      answer.warnings = [#"299 - "spec.rules[0]: « \"x\" » \\ ne désigne rien""#, #"299 - "deux""#, "199 - other"]
      return answer
    }) { _, url in
      try await withFolder { folder in
        try write(Samples.operatorYAML, to: "\(folder)/a.yaml")
        let run = try await Run.regie("apply", "-f", folder, "--server", url)
        #expect(run.code == 0)
        let told = [#"spec.rules[0]: « "x" » \ ne désigne rien"#, "deux"].map { "  avertissement : \($0)" }
        #expect(run.lines.filter { $0.hasPrefix("  ") } == told, "\(run.output)")
      }
    }
  }

  @Test func `a dry run says what the text of a policy shows, and ends with 1 where that is an error`() async throws {
    try await withService { stub, url in
      try await withFolder { folder in
        let head = """
          apiVersion: regie.cloud-pi-native.fr/v1
          kind: Policy
          metadata: {name: p}
          spec:
            title: {fr: P}
            dataClasses: [{name: a, sensitivity: usuel}]

          """
        let rule = """
            rules:
              - {id: r, motive: {fr: M}, effect: forbid, places: {matchLabels: {zone.sensitivity: VALUE}}}
              - {id: s, motive: {fr: M}, effect: forbid, places: {matchLabels: {zone.sensitivity: VALUE, region.name: n}}}
          """
        try write(head + rule.replacing("VALUE", with: "usuel"), to: "\(folder)/good.yaml")
        let good = try await Run.regie("apply", "--dry-run", "-f", "\(folder)/good.yaml", "--server", url)
        #expect(good.code == 0 && good.output.contains("[ShadowedRule]"), "\(good.output)")
        try write(head + rule.replacing("VALUE", with: "secret"), to: "\(folder)/bad.yaml")
        let bad = try await Run.regie("apply", "--dry-run", "-f", "\(folder)/bad.yaml", "--server", url)
        #expect(bad.code == 1 && bad.output.contains("error: spec.rules[0]"), "\(bad.output)")
        for format in ["json", "yaml"] {
          let known = try await Run.regie(
            "apply", "--dry-run", "-f", "\(folder)/good.yaml", "-o", format, "--server", url)
          #expect(known.code == 0 && known.output.contains("[ShadowedRule]"), "\(known.output)")
          #expect(known.output.contains("apiVersion"), "\(known.output)")
          let refused = try await Run.regie(
            "apply", "--dry-run", "-f", "\(folder)/bad.yaml", "-o", format, "--server", url)
          #expect(refused.code == 1 && refused.output.contains("error: spec.rules[0]"), "\(refused.output)")
          #expect(!refused.output.contains("apiVersion"), "\(refused.output)")
        }
        #expect(stub.requests.isEmpty)
      }
    }
  }

  @Test func `a dash reads standard input`() async throws {
    try await withService { stub, url in
      try await withFolder { folder in
        try write(Samples.operatorYAML, to: "\(folder)/input")
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let regie = URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent("regie").path
        let output = try await ChildProcess.run(
          "/bin/sh", ["-c", "'\(regie)' apply -f - --server '\(url)' < '\(folder)/input'"])
        #expect(output == "operator/dtnum créé / created\n")
        #expect(stub.requests.count == 1)
      }
    }
  }

  @Test func `one bad document and nothing is sent; every problem is told with file and field`() async throws {
    try await withService { stub, url in
      try await withFolder { folder in
        try write(Samples.operatorYAML, to: "\(folder)/good.yaml")
        try write(Samples.chainYAML.replacing("[usuel]", with: "[secret]"), to: "\(folder)/bad.yaml")
        try write(Samples.operatorYAML.replacing("spec:", with: "spec:\n  colour: red"), to: "\(folder)/field.yaml")
        try write("kind: [", to: "\(folder)/syntax.yaml")
        let run = try await Run.regie("apply", "-f", folder, "--server", url)
        #expect(run.code == 1)
        #expect(run.output.contains("rien n'a été envoyé / nothing was sent"))
        for place in ["bad.yaml: spec.sensitivities[0]", "field.yaml: spec.colour", "syntax.yaml: "] {
          #expect(run.output.contains(place), "\(run.output)")
        }
        #expect(stub.requests.isEmpty)
      }
    }
  }

  @Test func `what files say twice is sent once, and nothing where they say different things of one resource`()
    async throws
  {
    try await withService { stub, url in
      try await withFolder { folder in
        for name in ["a", "b"] { try write(Samples.operatorYAML, to: "\(folder)/\(name).yaml") }
        let same = try await Run.regie("apply", "-f", folder, "-f", "\(folder)/a.yaml", "--server", url)
        #expect(same.code == 0 && stub.requests.count == 1, "\(same.output)")
        try write(Samples.operatorYAML.replacing("DelayDays: 2", with: "DelayDays: 3"), to: "\(folder)/b.yaml")
        let other = try await Run.regie("apply", "-f", folder, "--server", url)
        #expect(other.code == 1 && stub.requests.count == 1, "\(other.output)")
        #expect(other.output.contains("b.yaml: metadata.name (ligne 3): figure aussi dans \(folder)/a.yaml"))
      }
    }
  }

  @Test func `what was got says the same as its source, and is sent with the version that it is to replace`()
    async throws
  {
    try await withService(status: 200) { stub, url in
      try await withFolder { folder in
        func writeGot(_ version: Int, to name: String) throws {
          let metadata = Samples.operatorMetadata(version: version)
          try write(
            Samples.operatorYAML.replacing("metadata: {name: dtnum}", with: metadata), to: "\(folder)/\(name).yaml")
        }
        for names in [("a", "b"), ("b", "a")] {
          try write(Samples.operatorYAML, to: "\(folder)/\(names.0).yaml")
          try writeGot(41, to: names.1)
          let both = try await Run.regie("apply", "-f", folder, "--server", url)
          #expect(both.code == 0, "\(both.output)")
        }
        let sent = stub.requests.map { $0.body.contains(#""resourceVersion":"41""#) }
        #expect(sent == [true, true])
        try writeGot(42, to: "c")
        let other = try await Run.regie("apply", "-f", folder, "--server", url)
        #expect(other.code == 1 && stub.requests.count == 2, "\(other.output)")
        #expect(other.output.contains("c.yaml: metadata.name (ligne 3): figure aussi dans \(folder)/a.yaml"))
      }
    }
  }

  @Test func `files without any resource are no success`() async throws {
    try await withService { stub, url in
      try await withFolder { folder in
        try write("# later\n---\n...\n", to: "\(folder)/a.yaml")
        try write(Samples.operatorYAML, to: "\(folder)/b.yaml.orig")
        for more in [[], ["--dry-run"]] {
          let run = try await Run.regie(["apply", "-f", folder, "--server", url] + more)
          #expect(run.code == 64 && run.output.contains("\(folder) : aucune ressource"), "\(run.output)")
        }
        #expect(stub.requests.isEmpty)
      }
    }
  }

  @Test func `a check alone sends nothing`() async throws {
    try await withService { stub, url in
      try await withFolder { folder in
        try write(Samples.operatorYAML, to: "\(folder)/a.yaml")
        let run = try await Run.regie("apply", "--dry-run", "-f", folder, "--server", url)
        #expect(run.code == 0 && run.output == "1 ressource valable / 1 valid resource\n")
        #expect(stub.requests.isEmpty)
      }
    }
  }

  @Test func `what the service refuses stops the rest`() async throws {
    let problem = Problem(
      status: 422, .invalid, title: "Refusé", detail: "",
      errors: [
        FieldProblem(path: "spec.displayName", message: "taken", messageFR: "déjà pris")
      ])
    try await StubService.with({ _ in try StubService.Answer(problem) }) { stub, url in
      try await withFolder { folder in
        try write(Samples.operatorYAML, to: "\(folder)/a.yaml")
        try write(Samples.chainYAML, to: "\(folder)/b.yaml")
        let run = try await Run.regie("apply", "-f", folder, "--server", url)
        #expect(run.code == 1 && run.output.contains("spec.displayName") && run.output.contains("déjà pris"))
        #expect(stub.requests.count == 1)
      }
    }
  }
}
