internal import MatrixModel

extension GateRules {
    init(_ node: ManifestNode) throws(ManifestError) {
        let keys = try node.mapping(known: [
            "failOn", "unneeded", "growthPercent", "growthInstructions", "headroomPercent",
        ])
        self.init()
        if let node = keys["failOn"] {
            var conditions: Set<GateCondition> = []
            for entry in try node.listOrSelf() {
                guard let condition = GateCondition(rawValue: try entry.text()) else {
                    throw entry.wrong(expected: GateCondition.allCases.map(\.rawValue).joined(separator: ", "))
                }
                conditions.insert(condition)
            }
            failOn = conditions
        }
        if let node = keys["unneeded"] {
            switch try node.text() {
            case "fail": failsOnUnneeded = true
            case "tell": failsOnUnneeded = false
            default: throw node.wrong(expected: "fail or tell")
            }
        }
        growthPercent = try keys["growthPercent"]?.percent(upTo: 100_000)
        growthInstructions = try keys["growthInstructions"]?.number(in: 0...1_000_000_000)
        headroomPercent = try keys["headroomPercent"]?.percent(upTo: 100)
    }
}
