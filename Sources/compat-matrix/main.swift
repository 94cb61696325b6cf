import CompatMatrixCLI

await CompatMatrix.main()
