import Contract
import Events
import Foundation
import Model
import Placement
import Testing

/// `regie query`, `validate`, `explain`, `decision` and the reservations: what they ask, print, and end with.
@Suite(.timeLimit(.minutes(3)))
struct QuestionCommandTests {
  private static let project = """
    apiVersion: regie.cloud-pi-native.fr/v1
    kind: Project
    metadata: {name: vigie}
    spec:
      organisation: mi
      audience: ministerial
      dataClasses: [usuelle]
      environments: [{name: prod, stage: prod, quota: {cpu: 2, memory: 4Gi}}]
    """

  @Test func `query shows the proposal, the ranking and what is left out`() async throws {
    try await StubService.with({ request in
      StubService.Answer(try Samples.query(placed: request.body.contains("vigie")))
    }) { stub, url in
      let run = try await Run.regie("query", "vigie", "--server", url)
      #expect(run.code == 0)
      #expect(
        run.output == """
          État du 2026-11-23T10:00:00.000000Z, pour le 2026-11-23 ; politique 3, offre 14

          ENVIRONMENT  ZONE      CLUSTER      LABEL        REGION  OPERATOR  SCORE
          prod         r1-usuel  idf-usuel-1  Usuel IDF 1  idf     dtnum     120

          vigie : placé

          prod (prod, ×1)
            CLUSTER      ZONE      VERDICT        POURQUOI
            idf-usuel-1  r1-usuel  choisi 120
            sud-1        r2-usuel  CapacityShort  Il manque 2 de cpu. → Libérer 2 de cpu. (+1)
            écartés : CapacityShort 1
            7 autres ne sont pas montrés (1 possible en tout) : --full

          """)
      let nowhere = try await Run.regie("query", "autre", "--server", url, "--lang", "en")
      #expect(nowhere.code == 1 && nowhere.output.contains("vigie: fits nowhere"))
      #expect(stub.requests.map(\.body) == [#"{"project":"vigie"}"#, #"{"project":"autre"}"#])
      let json = try await Run.regie("query", "vigie", "-o", "json", "--limit", "5", "--server", url)
      #expect(try ModelJSON.decoder.decode(QueryView.self, from: Data(json.output.utf8)).proposal.count == 1)
      _ = try await Run.regie("query", "vigie", "--full", "--server", url)
      #expect(stub.requests.suffix(2).map(\.query) == ["limit=5", "explain=full"])
      #expect(Set(stub.requests.map(\.path)) == ["/api/v1/placements:query"])
    }
  }

  @Test func `a project of a file, and what is supposed, go along`() async throws {
    try await withFolder { folder in
      try write(Self.project, to: "\(folder)/p.yaml")
      try write(#"{"project": {"name": "vigie"}}"#, to: "\(folder)/console.json")
      try write("project: {name: vigie}\n", to: "\(folder)/console.yaml")
      try write(Samples.operatorYAML, to: "\(folder)/o.yaml")
      try await StubService.with({ _ in StubService.Answer(try Samples.query(placed: true)) }) { stub, url in
        let run = try await Run.regie(
          "query", "-f", "\(folder)/p.yaml", "--at", "2027-01-01", "--offer", "\(folder)/o.yaml", "--state",
          "region/idf=cordoned", "--server", url)
        #expect(run.code == 0, "\(run.output)")
        let body: QueryBody<Resource<ProjectSpec>> = try ModelJSON.decoder.decode(
          QueryBody.self, from: Data(try #require(stub.requests.first).body.utf8))
        #expect(body.project.name == "vigie" && body.at == CalendarDay("2027-01-01"))
        #expect(body.offer?.apply?.map(\.label) == ["Operator/dtnum"])
        #expect(body.offer?.states?.map(\.name) == ["idf"] && body.offer?.states?.first?.state == .cordoned)
        #expect(try await Run.regie("place", "-f", "\(folder)/p.yaml", "--dry-run", "--server", url).code == 0)
        #expect(try await Run.regie("query", "-f", "\(folder)/console.json", "--server", url).code == 0)
        #expect(stub.requests.last?.body == #"{"project": {"name": "vigie"}}"#)
        // In the console's words a file is sent as it is written, and said to be that.
        #expect(try await Run.regie("place", "-f", "\(folder)/console.yaml", "--dry-run", "--server", url).code == 0)
        #expect(stub.requests.last?.body == "project: {name: vigie}\n")
        #expect(stub.requests.last?.headers["content-type"] == "application/yaml")
        #expect(Set(stub.requests.map(\.path)) == ["/api/v1/placements:query"])
        #expect(stub.requests.allSatisfy { $0.headers["idempotency-key"] == nil })
        // Who supposes a policy is told what is wrong with it.
        for (more, query) in [([], "findings=true"), (["--full"], "explain=full&findings=true")] {
          let run = try await Run.regie(
            ["query", "vigie", "--policy", "\(OfflineTests.examples)/policy.yaml", "--server", url] + more)
          #expect(run.code == 0, "\(run.output)")
          #expect(stub.requests.last?.query == query)
        }
      }
      for wrong in [
        ["query", "-f", "\(folder)/o.yaml"], ["query", "autre", "-f", "\(folder)/p.yaml"],
        ["query", "-f", "\(folder)/console.json", "--at", "2027-01-01"], ["query", "vigie", "--at", "demain"],
        ["query", "vigie", "--state", "region/idf"], ["query", "vigie", "--state", "zone/x=open"],
        ["query", "vigie", "--policy", "\(folder)/p.yaml"], ["query", "vigie", "--limit", "0"],
        ["query", "vigie", "--limit", "5", "--full"], ["query"], ["place", "v", "--dry-run", "--idempotency-key", "k"],
        ["place", "-f", "\(folder)/console.json"], ["validate", "vigie", "--on", "prod"],
        ["validate", "vigie", "--on", "prod=a", "--on", "prod=b"], ["confirm", "x", "--project-id", "y"],
        ["confirm", "x", "--project-id", Samples.placementID, "--environment-id", "prod=1"], ["cancel"], ["reserve"],
        ["batch"], ["batch", "vigie", "--commit", "--may-move"], ["decision", "show"],
        ["decision", "list", "--limit", "0"],
      ] {
        let run = try await Run.regie(wrong)
        #expect(run.code == 64, "\(wrong): \(run.output)")
      }
    }
  }

  @Test func `a batch takes the names of the projects of files, after those that are named`() async throws {
    try await StubService.with({ _ in
      try StubService.Answer(Problem(status: 404, .notFound, title: "Introuvable", detail: "rien"))
    }) { stub, url in
      try await withFolder { folder in
        let project = """
          apiVersion: regie.cloud-pi-native.fr/v1
          kind: Project
          metadata: {name: NAME}
          spec:
            {organisation: mi, audience: ministerial, dataClasses: [public],
             environments: [{name: prod, stage: prod, quota: {cpu: 1, memory: 1Gi}}]}

          """
        let text = ["beta", "alpha"].map { project.replacing("NAME", with: $0) }.joined(separator: "---\n")
        try write(text, to: "\(folder)/projects.yaml")
        _ = try await Run.regie("batch", "beta", "-f", "\(folder)/projects.yaml", "--server", url)
        #expect(stub.requests.first?.body.contains(#""projects":["beta","alpha"]"#) == true, "\(stub.requests)")
        try write(Samples.operatorYAML, to: "\(folder)/other.yaml")
        let none = try await Run.regie("batch", "-f", "\(folder)/other.yaml", "--server", url)
        #expect(none.code == 64 && stub.requests.count == 1, "\(none.output)")
      }
    }
  }

  @Test func `validate ends with 0 where all may go there, and with 1 and the nearest places where not`() async throws {
    try await StubService.with({ request in
      StubService.Answer(Samples.validation(valid: request.body.contains("good")))
    }) { stub, url in
      let good = try await Run.regie("validate", "vigie", "--on", "prod=good,Usuel 2", "--server", url)
      #expect(good.code == 0 && good.output.contains("vigie : possible, chaîne forge"))
      let bad = try await Run.regie("validate", "vigie", "--on", "prod=bad", "--server", url)
      #expect(bad.code == 1 && bad.output.contains("vigie : refusé") && bad.output.contains("Au plus près"))
      #expect(stub.requests.first?.body == #"{"choices":{"prod":["good","Usuel 2"]},"project":"vigie"}"#)
      #expect(Set(stub.requests.map(\.path)) == ["/api/v1/placements:validate"])
    }
  }

  @Test func `a validation and a batch say how reasons go together, and this if its nodes ran out`() async throws {
    let reasons = """
      [{"code":"CapacityShort","category":"fit","temporary":true,"parameters":{},"sentence":"Il manque 2 de cpu.",
      "remedy":""},{"code":"NoCandidate","category":"fit","temporary":false,"parameters":{},"sentence":"Aucun cluster.",
      "remedy":""}]
      """
    try await StubService.with({ request in
      guard request.path.hasSuffix(":batch") else {
        return StubService.Answer(Samples.validation(valid: false, reasons: reasons, conflict: "together"))
      }
      let isEarlier = request.body.contains("ancien")
      return StubService.Answer(
        Samples.batch(
          reasons: reasons, conflict: isEarlier ? nil : "alone", isExhausted: isEarlier ? nil : true))
    }) { _, url in
      let validated = try await Run.regie("validate", "vigie", "--on", "prod=bad", "--server", url, "--lang", "en")
      #expect(validated.output.contains("\n  → These reasons contradict each other together"), "\(validated.output)")
      let batch = try await Run.regie("batch", "vigie", "--server", url)
      #expect(
        batch.output.contains("Il manque 2 de cpu. (+1) → Levée, elle laisserait une place à tout."), "\(batch.output)")
      #expect(batch.output.contains("arrêtée à 7 nœuds, qui étaient épuisés (--budget)\n"), "\(batch.output)")
      let earlier = try await Run.regie("batch", "ancien", "--server", url)
      #expect(earlier.output.contains("arrêtée à 7 nœuds\n") && !earlier.output.contains("→"), "\(earlier.output)")
      #expect(batch.code == 1 && earlier.code == 1)
    }
  }

  @Test func `an explanation says what each chain answered, and how reasons go together`() async throws {
    let chains = """
      [{"chain":"atelier","accepted":false,"chosen":false,"reasons":[{"code":"AudienceRefused","category":"restriction",
      "temporary":false,"parameters":{},"sentence":"N’est pas ouverte à mi.","remedy":"L’ouvrir à mi."}]},
      {"chain":"forge","accepted":true,"chosen":true,"score":200,"reasons":[]},
      {"chain":"usine","accepted":true,"chosen":false,"score":-100,"reasons":[]}]
      """
    try await StubService.with({ request in
      var explanation = try Samples.explanation(placed: !request.path.contains("autre"), chains: chains)
      if request.path.contains("autre") {
        explanation.reasons = explanation.environments[0].candidates[0].reasons
        explanation.conflict = request.path.contains("autre-ensemble") ? .together : .alone
      }
      return try StubService.Answer(explanation)
    }) { _, url in
      let placed = try await Run.regie("explain", "vigie", "--server", url)
      #expect(
        placed.output.contains(
          """
            CHAÎNE   VERDICT          POURQUOI
            atelier  AudienceRefused  N’est pas ouverte à mi. → L’ouvrir à mi.
            forge    choisie 200
            usine    possible -100

          """), "\(placed.output)")
      #expect(!placed.output.contains("raisons"))
      let alone = try await Run.regie("explain", "autre", "--server", url)
      #expect(alone.output.contains("  → Une seule de ces raisons levée, n’importe laquelle,"), "\(alone.output)")
      let together = try await Run.regie("explain", "autre-ensemble", "--server", url, "--lang", "en")
      #expect(together.output.contains("  → These reasons contradict each other together"), "\(together.output)")
    }
  }

  @Test func `an explanation says which decision has chosen another chain since, and why`() async throws {
    let chains = """
      [{"chain":"atelier","accepted":false,"chosen":false,"reasons":[{"code":"RuleForbids","category":"restriction",
      "temporary":false,"parameters":{},"sentence":"Fermée.","remedy":"Attendre."}]},
      {"chain":"forge","accepted":true,"chosen":true,"score":0,"reasons":[]}]
      """
    try await StubService.with({ request in
      var explanation = try Samples.explanation(placed: true, chains: chains)
      if !request.path.contains("same") {
        explanation.rechained = ExplanationView.Rechained(chain: "forge")
        if request.path.contains("noted") {
          explanation.rechained?.decision = UUID(uuidString: Samples.placementID)
          explanation.rechained?.decidedAt = Timestamp(microseconds: 0)
          explanation.rechained?.chains = explanation.chains
          explanation.chains = []
        }
      }
      return try StubService.Answer(explanation)
    }) { _, url in
      let same = try await Run.regie("explain", "same", "--server", url)
      #expect(!same.output.contains("Depuis"))
      let noted = try await Run.regie("explain", "noted", "--server", url)
      #expect(
        noted.output.contains(
          """
          Depuis, chaîne forge : choisie le 1970-01-01T00:00:00.000000Z par la décision \(Samples.placementID)
            CHAÎNE   VERDICT      POURQUOI
            atelier  RuleForbids  Fermée. → Attendre.
            forge    choisie 0

          """), "\(noted.output)")
      let english = try await Run.regie("explain", "noted", "--server", url, "--lang", "en")
      #expect(english.output.contains("Since then chain forge: chosen at 1970-01-01T"), "\(english.output)")
      let lost = try await Run.regie("explain", "lost", "--server", url)
      #expect(
        lost.output.contains("Depuis, chaîne forge : la décision qui l’a choisie n’a pas été notée\n"), "\(lost.output)"
      )
      let lostInEnglish = try await Run.regie("explain", "lost", "--server", url, "--lang", "en")
      #expect(lostInEnglish.output.contains("Since then chain forge: the decision that chose it was not noted\n"))
    }
  }

  @Test(arguments: [Samples.placementID, "a--b", "vigie/prod", "vigie/prod/0"])
  func `a placement is explained by identifier, namespace or the names of its parts`(subject: String) async throws {
    try await StubService.with({ request in
      if request.path.hasSuffix("/explanation") { return try StubService.Answer(try Samples.explanation(placed: true)) }
      if request.path == "/api/v1/placements" {
        return try StubService.Answer(ListView(items: [try Samples.placement()], next: nil))
      }
      return try StubService.Answer(try Samples.placement())
    }) { stub, url in
      let run = try await Run.regie("explain", subject, "-o", "json", "--server", url)
      #expect(run.code == 0 && run.output.contains(#""outcome" : "placed""#), "\(run.output)")
      #expect(stub.requests.last?.path == "/api/v1/placements/\(Samples.placementID)/explanation")
      let none = try await Run.regie("explain", "vigie/absent", "--server", url)
      #expect(none.code == 1 && none.output.contains("vigie/prod/0"))
    }
  }

  @Test func `a decision is listed, shown and replayed, with 1 where it comes out otherwise`() async throws {
    try await StubService.with({ request in
      let decision = try Samples.decision(placed: true).decision
      if request.path.hasSuffix(":replay") {
        let isOther = request.path.contains("other")
        return try StubService.Answer(
          ReplayView(
            decision: decision, engineVersion: "2", outcome: isOther ? .different : .equal,
            differsAt: isOther ? "plan.chain" : nil, language: .fr))
      }
      if request.path.hasSuffix("/explanation") { return try StubService.Answer(try Samples.explanation(placed: true)) }
      if request.path == "/api/v1/decisions" {
        return try StubService.Answer(ListView(items: [decision], next: "more"))
      }
      return try StubService.Answer(decision)
    }) { stub, url in
      let list = try await Run.regie("decision", "list", "--project", "vigie", "--limit", "1", "--server", url)
      #expect(list.code == 0 && list.lines.first?.hasPrefix("DECISION") == true && list.output.contains("--limit"))
      #expect(stub.requests.first?.query == "limit=1&project=vigie")
      let show = try await Run.regie("decision", "show", Samples.placementID, "--server", url)
      #expect(show.code == 0 && show.output.contains("vigie : placé"))
      let same = try await Run.regie("decision", "replay", Samples.placementID, "--server", url)
      #expect(same.code == 0 && same.output.contains("octet pour octet"))
      let other = try await Run.regie("decision", "replay", "other", "--server", url)
      #expect(other.code == 1 && other.output.contains("plan.chain"))
      #expect(stub.requests.last?.method == "POST" && stub.requests.last?.path == "/api/v1/decisions/other:replay")
    }
  }

  @Test func `a reservation is made, confirmed and given up`() async throws {
    let id = try #require(UUID(uuidString: Samples.placementID))
    let reservation = ReservationView(
      id: id, project: "vigie", state: .pending, decision: id, principal: "local", createdAt: Samples.at,
      expiresAt: Samples.at, confirmedAt: nil, cancelledAt: nil,
      places: [
        ReservationView.Place(
          environment: "prod", replica: 0, zone: "r1-usuel", cluster: "idf-usuel-1",
          quota: ResourceList(cpu: Quantity(2), memory: Quantity("4Gi")), placement: id)
      ])
    try await StubService.with({ request in
      guard request.path == "/api/v1/reservations" else { return try StubService.Answer(reservation) }
      let decision = try Samples.decision(placed: request.body.contains("vigie"))
      return try StubService.Answer(
        ReservationAnswer(
          reservation: request.body.contains("vigie") ? reservation : nil, decision: decision.decision,
          explanation: decision.explanation))
    }) { stub, url in
      let made = try await Run.regie("reserve", "vigie", "--ttl", "60", "--idempotency-key", "k", "--server", url)
      #expect(made.code == 0 && made.output.contains("en attente de confirmation"))
      #expect(stub.requests.first?.query == "ttlSeconds=60" && stub.requests.first?.headers["idempotency-key"] == "k")
      let none = try await Run.regie("reserve", "autre", "--server", url)
      #expect(none.code == 1 && none.output.contains("ne tient nulle part"))
      let confirmed = try await Run.regie(
        "confirm", Samples.placementID, "--project-id", Samples.placementID, "--environment-id",
        "prod=\(Samples.placementID)", "--server", url)
      #expect(confirmed.code == 0)
      let body = try JSONDecoder().decode(
        ReservationConfirmation.self, from: Data(try #require(stub.requests.last).body.utf8))
      #expect(body == ReservationConfirmation(projectID: id, environmentIDs: ["prod": id]))
      #expect(try await Run.regie("cancel", Samples.placementID, "--server", url).code == 0)
      #expect(
        stub.requests.suffix(2).map(\.path)
          == ["confirm", "cancel"].map {
            "/api/v1/reservations/\(Samples.placementID)/\($0)"
          })
    }
  }

  @Test func `a decision that lost a race says that it was made again`() async throws {
    try await StubService.with({ _ in
      var decision = try Samples.decision(placed: true)
      decision.decision.attempts = 2
      return try StubService.Answer(decision, status: 201)
    }) { _, url in
      let run = try await Run.regie("place", "vigie", "--server", url)
      #expect(run.code == 0 && run.output.contains("reprise (2 essais)"))
    }
  }
}
