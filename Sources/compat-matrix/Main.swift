import ArgumentParser
import CompatMatrixCLI

@main
enum Main {
    static func main() async {
        await CompatMatrix.main()
    }
}
