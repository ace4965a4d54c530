from config.cli.main import main

main()
