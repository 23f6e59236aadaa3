import Model
import Placement
import Testing

@Suite struct ReasonTests {
  @Test("each change of the world gives the reason expected of it", arguments: ReasonCase.all)
  func eachChangeGivesItsReason(_ reasonCase: ReasonCase) {
    let matching = reasonCase.produced.filter { reason in
      reasonCase.parameters.allSatisfy { reason.parameters[$0.key] == $0.value }
    }
    #expect(!matching.isEmpty, "got \(reasonCase.produced)")
  }

  @Test("no reason of the closed list is left without a case")
  func everyCodeHasACase() {
    #expect(Set(ReasonCase.all.map(\.code)) == Set(ReasonCode.allCases))
  }

  @Test("the world without a change gives a reason only where the case says so")
  func theUnchangedWorldIsPlaced() {
    let decision = World().decide()
    #expect(decision.outcome == .placed)
    #expect(decision.reasons.isEmpty)
    #expect(decision.codes("dr-1") == [.restrictedZoneReserved])
    #expect(decision.codes("ara-1").isEmpty)
  }

  @Test("sentences and remedies are there in both languages, with every parameter", arguments: ReasonCase.all)
  func textsAreComplete(_ reasonCase: ReasonCase) throws {
    let reason = try #require(reasonCase.produced.first)
    for text in [reason.sentence, reason.remedy] {
      let english = try #require(text.en)
      #expect(!text.fr.isEmpty && !english.isEmpty)
      #expect(!text.fr.contains("?") && !english.contains("?"), "a parameter is missing: \(text)")
      #expect(text.fr != english)
    }
  }

  @Test("a sentence names the shortfall")
  func sentencesNameTheShortfall() {
    let reason = Reason(.capacityNeverFits, ["resource": "cpu", "needed": "400", "limit": "100", "short": "300"])
    #expect(
      reason.sentence.fr
        == "Trop grand pour ce cluster, même vide : CPU, 400 demandés, 100 au plus ; il manque 300.")
    #expect(reason.remedy.fr == "Augmenter de 300 ce que le cluster peut promettre (CPU), ou réduire la demande.")
    #expect(reason.remedy.en == "Raise what the cluster may promise by 300 (cpu), or ask for less.")
  }

  @Test("with a reserve, what is short is told of what may be promised: as much more declared would not do")
  func shortfallsAreOfThePromise() throws {
    var world = World()
    world.clusters.removeAll { $0.name != "ara-1" }
    world.policy.capacity = [.init(id: "half", reserve: Quantity(milli: 500))]
    world.project.spec.environments = [World.environment("prod1", "prod", cpu: 60)]
    let refusals = world.decide().verdict("ara-1")?.reasons ?? []
    #expect(refusals.map(\.code) == [.capacityNeverFits])
    let remedy = try #require(refusals.first).remedy
    #expect(remedy.en == "Raise what the cluster may promise by 10 (cpu), or ask for less.")
    world.cluster("ara-1") { $0.capacity.cpu = Quantity(110) }
    #expect(world.decide().outcome == .unplaceable)
    world.cluster("ara-1") { $0.capacity.cpu = Quantity(120) }
    #expect(world.decide().outcome == .placed)
    let later = Reason(.capacityShort, ["resource": "memory", "short": "4Gi"]).remedy
    #expect(
      later.fr
        == "Libérer 4Gi de mémoire, augmenter d’autant ce que le cluster peut promettre, ou réduire la demande.")
    #expect(later.en == "Free 4Gi of memory, raise what the cluster may promise by as much, or ask for less.")
  }

  @Test(
    "French articles and endings go with what is said",
    arguments: [
      (
        Reason(.unresolvedReference, ["kind": "Zone", "name": "r1"]),
        "L’offre ne connaît pas la zone « r1 », à laquelle ce cluster se rattache."
      ),
      (
        Reason(.unresolvedReference, ["kind": "Region", "name": "r"]),
        "L’offre ne connaît pas la région « r », à laquelle ce cluster se rattache."
      ),
      (
        Reason(.unresolvedReference, ["kind": "Operator", "name": "o"]),
        "L’offre ne connaît pas l’opérateur « o », auquel ce cluster se rattache."
      ),
      (
        Reason(.restrictedZoneReserved, ["actual": "DR", "wanted": "usuel"]),
        "Cette zone DR est réservée aux données qui l’exigent ; celles du projet sont usuelles."
      ),
      (
        Reason(.sensitivityTooLow, ["dataClass": "dr", "wanted": "DR", "actual": "usuel"]),
        "La classe « dr » demande une zone DR ; celle-ci est usuelle."
      ),
      (
        Reason(
          .capacityNeverFits, ["resource": "storage", "needed": "4Gi", "limit": "1Gi", "short": "3Gi"]),
        "Trop grand pour ce cluster, même vide : stockage, 4Gi demandés, 1Gi au plus ; il manque 3Gi."
      ),
      (
        Reason(.capacityNeverFits, ["resource": "pods", "needed": "4", "limit": "1", "short": "3"]),
        "Trop grand pour ce cluster, même vide : pods, 4 demandés, 1 au plus ; il manque 3."
      ),
    ])
  func frenchIsFrench(reason: Reason, sentence: String) {
    #expect(reason.sentence.fr == sentence)
  }

  @Test("bytes that are no round number are cut for people, not in the parameters")
  func bytesAreReadable() {
    let reason = Reason(
      .capacityShort,
      [
        "resource": "memory", "needed": "8Gi", "free": "1610612736", "limit": "185542587187", "short": "6979321856",
        "committed": "1048577",
      ])
    #expect(
      reason.sentence.fr
        == "Il manque 6,5Gi de mémoire : 8Gi demandés, 1,5Gi libres, 1,1Mi déjà promis sur 172,7Gi.")
    #expect(
      reason.remedy.en
        == "Free 6.5Gi of memory, raise what the cluster may promise by as much, or ask for less.")
    #expect(reason.parameters["limit"] == "185542587187")
  }

  /// 800Gi needed where 172,72…Gi are: 627,28…Gi are short, and 627,2Gi would still be too little.
  @Test("what is short is rounded up, what is there is cut down")
  func rounding() {
    let reason = Reason(
      .capacityNeverFits,
      ["resource": "memory", "needed": "800Gi", "limit": "185461263892", "short": "673532132588"])
    #expect(reason.sentence.fr.contains("172,7Gi au plus ; il manque 627,3Gi."))
    let whole = Reason(
      .capacityNeverFits,
      ["resource": "memory", "needed": "8Gi", "limit": "1073741825", "short": "7516192767"])
    #expect(whole.sentence.fr.contains("1Gi au plus ; il manque 7Gi."))
  }

  /// What nodes have is told in kibibytes, and a limit of a project in gibibytes.
  @Test("kibibytes are shown as bytes are, of a contractual limit too, and what is less than a mebibyte stays")
  func kibibytes() {
    let reason = Reason(
      .capacityNeverFits, ["resource": "memory", "needed": "64Gi", "limit": "32614320Ki", "short": "34494544Ki"])
    #expect(
      reason.sentence.fr
        == "Trop grand pour ce cluster, même vide : mémoire, 64Gi demandés, 31,1Gi au plus ; il manque 32,9Gi.")
    #expect(reason.parameters["limit"] == "32614320Ki")
    let contract = Reason(
      .contractLimit,
      ["scope": "prod", "resource": "memory", "needed": "8650753Ki", "limit": "8Gi", "short": "262145Ki"])
    #expect(
      contract.sentence.fr
        == "Le projet dépasse sa limite contractuelle (prod) : mémoire, 8,3Gi demandés pour 8Gi, soit 256,1Mi de trop.")
    #expect(
      contract.sentence.en
        == "The project exceeds its contractual limit (prod): memory, 8.3Gi asked of 8Gi, which is 256.1Mi too much.")
    let little = Reason(.capacityShort, ["resource": "storage", "short": "512Ki"])
    #expect(little.amount("short").fr == "512Ki")
  }

  @Test(
    arguments: [
      ("1048575", "1048575"), ("1023Ki", "1023Ki"), ("1048576", "1Mi"), ("1024Ki", "1Mi"), ("1048577", "1,1Mi"),
      ("1073741824", "1Gi"),
    ])
  func `from one mebibyte on bytes are told in round units`(text: String, shown: String) {
    let reason = Reason(.capacityShort, ["resource": "memory", "short": text])
    #expect(reason.amount("short").fr == shown)
  }

  @Test("of a zone that names no chain that is said, and of another one which it names")
  func zonesChain() {
    let free = Reason(.chainCannotDeliver, ["chain": "", "cause": "none"]).sentence
    #expect(free.fr == "Aucune chaîne ne peut livrer ici (la zone n’en désigne aucune) : aucune ne convient.")
    #expect(free.en == "No chain can deliver here (the zone names none): none is fit.")
    let bound = Reason(.chainCannotDeliver, ["chain": "forge", "cause": "region"]).sentence
    #expect(
      bound.fr == "Aucune chaîne ne peut livrer ici (chaîne de la zone : forge) : elle ne livre pas cette région.")
    #expect(bound.en == "No chain can deliver here (the zone’s chain: forge): it does not deliver to this region.")
  }

  @Test("a parameter that a stored decision lacks shows as a question mark")
  func missingParametersShow() {
    #expect(Reason(.serviceMissing).sentence.fr == "La région n’offre pas le service « ? ».")
    #expect(Reason(.ruleForbids, ["motive": "parce que"]).sentence.en == "Rule ? forbids it: parce que")
  }

  @Test("of a rule that nothing waives no derogation is advised, nor of a chain; what else can be done is the same")
  func notWaivable() {
    for code in [ReasonCode.ruleRequires, .ruleForbids] {
      for chain in [nil, "forge"] {
        var reason = Reason(code, ["rule": "r", "motive": "m", "demand": "d"])
        reason.parameters["secondaryChain"] = chain
        let usual = reason.remedy
        reason.parameters["notWaivable"] = "true"
        let firm = reason.remedy
        let french = "Obtenir une dérogation notifiée à la règle r, ou "
        let english = "Obtain a notified derogation from rule r, or "
        #expect(usual.fr.hasPrefix(french) && usual.en?.hasPrefix(english) == true, "\(usual)")
        let restFR = String(usual.fr.dropFirst(french.count))
        let restEN = String((usual.en ?? "").dropFirst(english.count))
        #expect(!restFR.isEmpty && firm.fr == "Aucune dérogation ne lève la règle r : \(restFR)")
        #expect(!restEN.isEmpty && firm.en == "No derogation waives rule r: \(restEN)")
      }
    }
  }

  @Test("that nothing waives a rule is told of such rules only, on places and on chains", arguments: [false, true])
  func waivabilityIsTold(isFirm: Bool) {
    var world = World()
    world.policy.rules = [
      World.rule("own-region", .require, places: .in("region.name", "idf")),
      World.rule("not-ara", .forbid, places: .in("region.name", "ara")),
      World.rule("only-sealed", .require, chains: .in("chain.name", "sealed")),
    ]
    for index in world.policy.rules.indices { world.policy.rules[index].notWaivable = isFirm }
    let decision = world.decide()
    let reasons = (decision.verdict("ara-1")?.reasons ?? []) + decision.chains.flatMap(\.reasons)
    let told = reasons.filter { [.ruleRequires, .ruleForbids].contains($0.code) }.map { $0.parameters["notWaivable"] }
    let expected: [String?] = Array(repeating: isFirm ? "true" : nil, count: 3)
    #expect(told == expected, "\(reasons)")
  }

  @Test("codes are ordered: restrictions, fit with structure before capacity, preference")
  func codesAreOrdered() {
    #expect(ReasonCode.allCases == ReasonCode.allCases.sorted())
    let order = ReasonCode.Category.allCases
    let categories = ReasonCode.allCases.compactMap { order.firstIndex(of: $0.category) }
    #expect(categories == categories.sorted())
    #expect(ReasonCode.interconnectionMissing < .capacityNeverFits)
    #expect(ReasonCode.taintNotTolerated.category == .restriction)
    #expect(ReasonCode.chainCannotDeliver.category == .fit)
    #expect(ReasonCode.rulePrefers.category == .preference)
  }

  @Test("what may pass by itself is told from what may not")
  func temporaryIsToldFromPermanent() {
    #expect(ReasonCode.capacityShort.isTemporary)
    #expect(!ReasonCode.capacityNeverFits.isTemporary)
    #expect(ReasonCode.regionCordoned.isTemporary)
    #expect(!ReasonCode.regionClosed.isTemporary)
  }

  @Test("reasons of one code are ordered by their parameters")
  func reasonsAreOrdered() {
    let ordered = [
      Reason(.serviceMissing, ["service": "a"]), Reason(.serviceMissing, ["service": "b"]), Reason(.capacityShort),
    ]
    #expect(ordered.reversed().sorted() == ordered)
  }
}
